//! `GET /api-keys/{id}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use super::key;
use crate::{
    app::App,
    http::respond,
    v_secure::{auth::Signed, error::ApiError, model::api_key::KeyOut, openapi::Refused, routes::Id},
};

/// One key; a revoked one too.
#[utoipa::path(
    get,
    path = "/v1/security/api-keys/{id}",
    tag = "api-keys",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The key", body = KeyOut), Refused)
)]
pub async fn get_key(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let id = key(&id)?;
    // How often it was used is held in memory for up to a minute; here it is asked for.
    app.coffer.note_key_usage().await?;
    let found = app.coffer.managed_key(&caller, &account.name, id).await?;
    let told = KeyOut::of(&found, app.coffer.clock().now());
    Ok(respond::json(StatusCode::OK, &told))
}
