//! `GET /vaults/{id}/access-keys`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        auth::Signed,
        error::ApiError,
        model::api_key::KeyHolderOut,
        openapi::Refused,
        page::{self, Page, Wanted},
        place::VaultAt,
        routes::Id,
    },
};

/// The access keys of a vault that work, oldest first.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/access-keys",
    tag = "access keys",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
    ),
    responses((status = 200, description = "A page", body = Page<KeyHolderOut>), Refused)
)]
pub async fn list_access_keys(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    uri: Uri,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()))?;
    let at = VaultAt::of(&app, &caller, &id).await?;
    let found = app
        .coffer
        .list_vault_keys(&caller, &at.organization, &at.name)
        .await?;
    Ok(page::page(
        &wanted.of_all(found.iter().map(KeyHolderOut::of_vault)),
    ))
}
