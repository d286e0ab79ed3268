//! `DELETE /vaults/{id}/access-keys/{item}`

use std::sync::Arc;

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Signed,
        error::ApiError,
        openapi::Refused,
        page::{self, Deleted, One},
        place::VaultAt,
        routes::ItemPath,
    },
};

/// Ends an access key at once.
#[utoipa::path(
    delete,
    path = "/v1/vaults/{id}/access-keys/{item}",
    tag = "access keys",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("item" = String, Path, description = "The key's id"),
    ),
    responses((status = 200, description = "Ended", body = One<Deleted>), Refused)
)]
pub async fn delete_access_key(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    path: ItemPath,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &path.vault).await?;
    let id = path.item.parse();
    let id = id.map_err(|_| ApiError::NotFound("the access key"))?;
    app.coffer
        .revoke_vault_key(&caller, &at.organization, &at.name, id)
        .await?;
    Ok(page::deleted(id.to_string()))
}
