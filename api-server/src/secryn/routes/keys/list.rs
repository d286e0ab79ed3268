//! `GET /vaults/{id}/keys`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use crate::{
    app::App,
    secryn::{
        auth::Either, error::ApiError, items, model::key::KeyOut, openapi::Refused, page::Page, routes::Id,
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
    items::list::<KeyOut>(&app, either, &id, &uri).await
}
