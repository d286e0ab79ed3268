//! `DELETE /secrets/{name}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::{Moment, secret::SecretGone},
        openapi::Refused,
        place,
        routes::Id,
    },
};

/// Deletes a secret with all its versions, for ever.
#[utoipa::path(
    delete,
    path = "/v1/security/secrets/{name}",
    tag = "secrets",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "It is gone", body = SecretGone), Refused)
)]
pub async fn delete_secret(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let name = place::named(&id)?;
    let address = account.address(name.clone())?;
    let erased = app.coffer.erase_secret(&caller, &address).await;
    let deleted_versions = erased.map_err(|error| ApiError::of_secret(error, &name))?;
    let told = SecretGone {
        deleted: true,
        name: name.to_string(),
        deleted_versions,
        deleted_at: Moment(app.coffer.clock().now()),
    };
    Ok(respond::json(StatusCode::OK, &told))
}
