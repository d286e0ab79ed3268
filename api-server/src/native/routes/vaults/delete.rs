//! `DELETE /organizations/{org}/vaults/{vault}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    native::{auth::Signed, error::ApiError, model::FailureOut, path::VaultPath},
};

/// Drops a vault with everything in it, for ever: its data key is destroyed.
#[utoipa::path(
    delete,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}",
    tag = "vaults",
    params(("org" = String, Path, description = "Organization"), ("vault" = String, Path, description = "Vault")),
    responses(
        (status = 204, description = "Dropped"),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`vaults:manage` is missing", body = FailureOut),
        (status = 404, description = "No such vault, or it is hidden", body = FailureOut),
        (status = 409, description = "A custom resource manages it", body = FailureOut),
    )
)]
pub async fn delete_vault(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: VaultPath,
) -> Result<Response, ApiError> {
    app.coffer
        .drop_vault(&caller, &path.organization, &path.vault, None)
        .await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
