//! `GET /vaults/{id}/keys`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{
    metadata::{Kind, Why},
    usecase::Caller,
};

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        auth::Either,
        error::ApiError,
        model::key::KeyOut,
        openapi::Refused,
        page::{self, Page, Wanted},
        place::VaultAt,
        public::is_public,
        routes::Id,
    },
};

/// The keys of a vault, oldest first: those that are active, and those that are over, which say so. All of them
/// where neither `page` nor `limit` is given.
#[utoipa::path(
    get,
    path = "/v1/vaults/{id}/keys",
    tag = "keys",
    params(
        ("id" = String, Path, description = "The vault's id, or its exact name"),
        ("page" = Option<u64>, Query, description = "From 1"),
        ("limit" = Option<u64>, Query, description = "1 to 100"),
        ("access_key" = Option<String>, Query, description = "An access key, instead of the header's"),
    ),
    responses((status = 200, description = "A page", body = Page<KeyOut>), Refused)
)]
pub async fn list_keys(
    State(app): State<Arc<App>>,
    either: Either,
    Id(id): Id,
    uri: Uri,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()))?;
    let mut tries = either.tries();
    while let Some(caller) = tries.another() {
        tries.end(list(&app, &caller, &id, &wanted).await);
    }
    tries.answer()
}

async fn list(app: &App, caller: &Caller, id: &str, wanted: &Wanted) -> Result<Response, ApiError> {
    let now = app.coffer.clock().now();
    let at = VaultAt::of(app, caller, id).await?;
    let found = at.listed(app, caller, Kind::Key).await?;
    let listed = found
        .iter()
        .filter(|secret| matches!(secret.usable(now), Ok(()) | Err(Why::Expired(_))));
    let items = listed
        .map(|secret| KeyOut::of(secret, is_public(secret), now))
        .collect();
    Ok(page::page(&wanted.of_all_or_everything(items)))
}
