//! `POST /organizations/{org}/api-keys/{id}:rotate`

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_domain::Error;

use crate::{
    app::App,
    http::{body, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{
            FailureOut,
            api_key::{IssuedKeyOut, RotateIn},
        },
        path::KeyPath,
    },
};

/// Gives an API key a new token, shown this once. The present one works for `overlap` more.
#[utoipa::path(
    post,
    path = "/coffer/v1/organizations/{org}/api-keys/{id}:rotate",
    tag = "api-keys",
    params(("org" = String, Path, description = "Organization"), ("id" = String, Path, description = "API key")),
    request_body(content = RotateIn, description = "May be left out"),
    responses(
        (status = 200, description = "The key with its new token", body = IssuedKeyOut),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`keys:manage` is missing", body = FailureOut),
        (status = 404, description = "No such key, or it is hidden", body = FailureOut),
        (status = 409, description = "The key is revoked", body = FailureOut),
    )
)]
pub async fn rotate_api_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: KeyPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if path.verb.as_deref() != Some("rotate") {
        return Err(Error::invalid("verb", "POST takes :rotate").into());
    }
    let overlap = body::json_or_default::<RotateIn>(&headers, body)
        .await?
        .overlap()?;
    let issued = app
        .coffer
        .rotate_api_key(&caller, &path.organization, path.id, overlap)
        .await?;
    Ok(respond::json(StatusCode::OK, &IssuedKeyOut::from(issued)))
}
