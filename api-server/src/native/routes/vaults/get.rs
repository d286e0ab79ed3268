//! `GET /organizations/{org}/vaults/{vault}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, vault::VaultOut},
        path::VaultPath,
    },
};

/// One vault.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}",
    tag = "vaults",
    params(("org" = String, Path, description = "Organization"), ("vault" = String, Path, description = "Vault")),
    responses(
        (status = 200, description = "The vault", body = VaultOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:list` is missing", body = FailureOut),
        (status = 404, description = "No such vault, or it is hidden", body = FailureOut),
    )
)]
pub async fn get_vault(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: VaultPath,
) -> Result<Response, ApiError> {
    let vault = app
        .coffer
        .get_vault(&caller, &path.organization, &path.vault)
        .await?;
    Ok(respond::json(StatusCode::OK, &VaultOut::from(vault)))
}
