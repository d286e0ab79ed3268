//! `GET /api-keys`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{
    entity::{ApiKey, Purpose},
    usecase::MAX_PAGE,
};

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        account::projects,
        auth::Signed,
        error::ApiError,
        model::api_key::KeyHolderOut,
        openapi::Refused,
        page::{self, Page, Wanted},
    },
};

/// The API keys of the account that work, oldest first.
#[utoipa::path(
    get,
    path = "/v1/api-keys",
    tag = "api keys",
    params(
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
    ),
    responses((status = 200, description = "A page", body = Page<KeyHolderOut>), Refused)
)]
pub async fn list_api_keys(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()))?;
    let mut keys: Vec<ApiKey> = Vec::new();
    for project in projects(&app, &caller).await? {
        let mut after = None;
        loop {
            let found = app
                .coffer
                .list_api_keys(&caller, &project.name, after, MAX_PAGE)
                .await?;
            let whole = found.len() >= MAX_PAGE as usize;
            after = found.last().map(|key| key.id);
            keys.extend(found);
            if !whole {
                break;
            }
        }
    }
    let now = app.coffer.clock().now();
    keys.retain(|key| {
        let works = key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now < end);
        works && key.details.purpose == Purpose::General && key.details.user.is_none()
    });
    keys.sort_by_key(|key| (key.created_at, key.id));
    Ok(page::page(
        &wanted.of_all(keys.iter().map(KeyHolderOut::of_account)),
    ))
}
