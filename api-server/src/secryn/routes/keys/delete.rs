//! `DELETE /vaults/{id}/keys/{item}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{metadata::Kind, usecase::secrets::KEPT_IN_TRASH};

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        openapi::Refused,
        page::{self, Deleted, One},
        place::VaultAt,
        public,
        routes::ItemPath,
    },
};

/// Deletes a key, and the token that it may have: its name is free at once; it waits in the trash for thirty days.
#[utoipa::path(
    delete,
    path = "/v1/vaults/{id}/keys/{item}",
    tag = "keys",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("item" = String, Path, description = "The key's id, or its name"),
    ),
    responses((status = 200, description = "Deleted", body = One<Deleted>), Refused)
)]
pub async fn delete_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: ItemPath,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &path.vault).await?;
    let (address, secret) = at.find(&app, &caller, &path.item, Kind::Key).await?;
    public::close(&app, &caller, &address, &secret).await?;
    let trashed = app.coffer.trash_secret(&caller, &address, KEPT_IN_TRASH).await?;
    Ok(page::deleted(trashed.id.to_string()))
}
