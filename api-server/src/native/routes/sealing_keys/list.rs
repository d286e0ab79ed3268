//! `GET /organizations/{org}/vaults/{vault}/sealing-keys`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    app::App,
    http::respond,
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, sealing::SealingKeysOut},
        path::VaultPath,
    },
};

/// The public keys that values for a vault are sealed to. Its first one is made here.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/sealing-keys",
    tag = "sealing",
    params(("org" = String, Path, description = "Organization"), ("vault" = String, Path, description = "Vault")),
    responses(
        (status = 200, description = "The keys, the newest first", body = SealingKeysOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`secrets:list` is missing", body = FailureOut),
        (status = 404, description = "No such vault, or it is hidden", body = FailureOut),
    )
)]
pub async fn list_sealing_keys(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: VaultPath,
) -> Result<Response, ApiError> {
    let keys = app
        .coffer
        .sealing_keys(&caller, &path.organization, &path.vault)
        .await?;
    let keys = SealingKeysOut::new(&path.organization, &path.vault, keys);
    Ok(respond::json(StatusCode::OK, &keys))
}
