//! `POST /organizations/{org}/vaults/{vault}/sealing-keys`

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

/// Makes a new key to seal to. The older ones still open what was sealed to them.
#[utoipa::path(
    post,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}/sealing-keys",
    tag = "sealing",
    params(("org" = String, Path, description = "Organization"), ("vault" = String, Path, description = "Vault")),
    responses(
        (status = 201, description = "The keys, the new one first", body = SealingKeysOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`vaults:manage` is missing", body = FailureOut),
        (status = 404, description = "No such vault, or it is hidden", body = FailureOut),
        (status = 409, description = "The vault has as many keys as it can", body = FailureOut),
    )
)]
pub async fn create_sealing_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: VaultPath,
) -> Result<Response, ApiError> {
    let keys = app
        .coffer
        .rotate_sealing_key(&caller, &path.organization, &path.vault, None)
        .await?;
    let keys = SealingKeysOut::new(&path.organization, &path.vault, keys);
    Ok(respond::json(StatusCode::CREATED, &keys))
}
