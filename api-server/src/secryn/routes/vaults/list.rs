//! `GET /vaults`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{entity::Vault, usecase::MAX_PAGE};

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        account::projects,
        auth::Signed,
        error::ApiError,
        model::vault::VaultOut,
        openapi::Refused,
        page::{self, Page, Wanted},
    },
};

/// The vaults that the sender may see, oldest first.
#[utoipa::path(
    get,
    path = "/v1/vaults",
    tag = "vaults",
    params(
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
    ),
    responses((status = 200, description = "A page", body = Page<VaultOut>), Refused)
)]
pub async fn list_vaults(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()))?;
    let mut vaults: Vec<Vault> = Vec::new();
    for project in projects(&app, &caller).await? {
        let mut after = None;
        loop {
            let found = app
                .coffer
                .list_vaults(&caller, &project.name, after.as_ref(), MAX_PAGE)
                .await?;
            let whole = found.len() >= MAX_PAGE as usize;
            after = found.last().map(|vault| vault.name.clone());
            vaults.extend(found);
            if !whole {
                break;
            }
        }
    }
    vaults.sort_by_key(|vault| (vault.created_at, vault.id));
    Ok(page::page(&wanted.of_all(vaults.iter().map(VaultOut::from))))
}
