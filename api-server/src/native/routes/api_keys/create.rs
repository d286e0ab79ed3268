//! `POST /organizations/{org}/api-keys`

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};

use crate::{
    app::App,
    http::{body, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{
            FailureOut,
            api_key::{ApiKeyIn, IssuedKeyOut},
        },
        path::OrgPath,
    },
};

/// Makes an API key with no right that the sender lacks. Its token is shown this once.
#[utoipa::path(
    post,
    path = "/coffer/v1/organizations/{org}/api-keys",
    tag = "api-keys",
    params(("org" = String, Path, description = "Organization")),
    request_body = ApiKeyIn,
    responses(
        (status = 201, description = "Made", body = IssuedKeyOut),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`keys:manage`, or a right to be granted, is missing", body = FailureOut),
        (status = 404, description = "No such organization, or it is hidden", body = FailureOut),
    )
)]
pub async fn create_api_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    OrgPath(organization): OrgPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let wanted: ApiKeyIn = body::json(&headers, body).await?;
    let new = wanted.into_new(app.coffer.clock().now())?;
    let issued = app.coffer.create_api_key(&caller, &organization, new).await?;
    Ok(respond::json(StatusCode::CREATED, &IssuedKeyOut::from(issued)))
}
