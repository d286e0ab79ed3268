//! `GET /organizations/{org}/api-keys/{id}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, api_key::ApiKeyOut},
        path::KeyPath,
    },
};

/// One API key, without its token.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/api-keys/{id}",
    tag = "api-keys",
    params(("org" = String, Path, description = "Organization"), ("id" = String, Path, description = "API key")),
    responses(
        (status = 200, description = "The key", body = ApiKeyOut),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`keys:manage` is missing", body = FailureOut),
        (status = 404, description = "No such key, or it is hidden", body = FailureOut),
    )
)]
pub async fn get_api_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: KeyPath,
) -> Result<Response, ApiError> {
    path.no_verb()?;
    let key = app
        .coffer
        .get_api_key(&caller, &path.organization, path.id)
        .await?;
    Ok(respond::json(StatusCode::OK, &ApiKeyOut::from(key)))
}
