//! `DELETE /vaults/{id}`

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
        routes::Id,
    },
};

/// Deletes a vault with everything in it, for ever.
#[utoipa::path(
    delete,
    path = "/v1/vaults/{id}",
    tag = "vaults",
    params(("id" = String, Path, description = "Its id, or its exact name")),
    responses((status = 200, description = "Deleted", body = One<Deleted>), Refused)
)]
pub async fn delete_vault(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let at = VaultAt::of(&app, &caller, &id).await?;
    let vault = app.coffer.get_vault(&caller, &at.organization, &at.name).await?;
    app.coffer
        .drop_vault(&caller, &at.organization, &at.name, None)
        .await?;
    Ok(page::deleted(vault.id.to_string()))
}
