//! `POST /vaults/{id}/secrets/{name}/versions/{n}/restore`

use axum::response::Response;
use coffer_domain::{address::Version, metadata::Kind, usecase::Caller};

use crate::{
    app::App,
    secryn::{
        error::ApiError,
        model::secret::SecretOut,
        openapi::Refused,
        page::{self, One},
        place::VaultAt,
    },
};

/// Writes the value of an older version as a new one.
#[utoipa::path(
    post,
    path = "/v1/vaults/{id}/secrets/{name}/versions/{n}/restore",
    tag = "secrets",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("name" = String, Path, description = "The secret's name, or its id"),
        ("n" = u64, Path, description = "The version's number"),
    ),
    responses((status = 200, description = "The secret as it is now", body = One<SecretOut>), Refused)
)]
pub async fn restore_version(
    app: &App,
    caller: &Caller,
    vault: &str,
    name: &str,
    version: Version,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(app, caller, vault).await?;
    let (address, _) = at.find(app, caller, name, Kind::Value).await?;
    let written = app.coffer.roll_back_secret(caller, &address, version).await?;
    let read = app
        .coffer
        .read_secret(caller, &address, Some(written.meta.version))
        .await?;
    Ok(page::one(SecretOut::from(read)))
}
