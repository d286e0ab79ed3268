//! `DELETE /api-keys/{id}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use super::key;
use crate::{
    app::App,
    http::respond,
    v_secure::{
        auth::Signed,
        error::ApiError,
        id,
        model::{Moment, api_key::KeyGone},
        openapi::Refused,
        routes::Id,
    },
};

/// Ends a key at once. Doing it again tells when it was done first.
#[utoipa::path(
    delete,
    path = "/v1/security/api-keys/{id}",
    tag = "api-keys",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "It is over", body = KeyGone), Refused)
)]
pub async fn revoke_key(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let id = key(&id)?;
    let ended = app.coffer.revoke_managed_key(&caller, &account.name, id).await?;
    let told = KeyGone {
        revoked: true,
        id: id::of(id::KEY, ended.id),
        revoked_at: ended.revoked_at.map(Moment),
    };
    Ok(respond::json(StatusCode::OK, &told))
}
