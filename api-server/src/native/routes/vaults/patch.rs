//! `PATCH /organizations/{org}/vaults/{vault}`

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_domain::usecase::vaults::VaultSettings;

use crate::{
    app::App,
    http::{body, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{
            FailureOut,
            vault::{VaultOut, VaultPatch, environments},
        },
        path::VaultPath,
    },
};

/// Changes a vault's environments. An environment that is left out keeps its secrets, out of reach.
#[utoipa::path(
    patch,
    path = "/coffer/v1/organizations/{org}/vaults/{vault}",
    tag = "vaults",
    params(("org" = String, Path, description = "Organization"), ("vault" = String, Path, description = "Vault")),
    request_body = VaultPatch,
    responses(
        (status = 200, description = "The vault as it is now", body = VaultOut),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`vaults:manage` is missing", body = FailureOut),
        (status = 404, description = "No such vault, or it is hidden", body = FailureOut),
        (status = 409, description = "A custom resource manages it", body = FailureOut),
    )
)]
pub async fn patch_vault(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: VaultPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let wanted: VaultPatch = body::json(&headers, body).await?;
    let environments = environments(wanted.environments)?;
    let present = app
        .coffer
        .get_vault(&caller, &path.organization, &path.vault)
        .await?;
    let settings = VaultSettings {
        environments,
        access: present.access,
        owner: None,
    };
    let vault = app
        .coffer
        .apply_vault(&caller, &path.organization, &path.vault, settings)
        .await?;
    Ok(respond::json(StatusCode::OK, &VaultOut::from(vault)))
}
