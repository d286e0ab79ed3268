//! `DELETE /vaults/{id}/secrets/{name}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{metadata::Kind, usecase::secrets::KEPT_IN_TRASH};

use super::SecretPath;
use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        openapi::Refused,
        page::{self, Deleted, One},
        place::VaultAt,
    },
};

/// Deletes a secret: its name is free at once; it waits in the trash for thirty days.
#[utoipa::path(
    delete,
    path = "/v1/vaults/{id}/secrets/{name}",
    tag = "secrets",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("name" = String, Path, description = "The secret's name, or its id"),
    ),
    responses((status = 200, description = "Deleted", body = One<Deleted>), Refused)
)]
pub async fn delete_secret(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: SecretPath,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &path.vault).await?;
    let (address, _) = at.find(&app, &caller, path.name(), Kind::Value).await?;
    let trashed = app.coffer.trash_secret(&caller, &address, KEPT_IN_TRASH).await?;
    Ok(page::deleted(trashed.id.to_string()))
}
