//! `GET /api-keys`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::usecase::managed_keys::KeyStage;

use crate::{
    app::App,
    http::{fields::FieldFault, query::Query, respond},
    v_secure::{
        auth::Signed,
        error::ApiError,
        id,
        model::api_key::{KeyOut, stage},
        openapi::Refused,
        page::{Page, Wanted},
    },
};

/// The most keys of a page.
const MOST: usize = 100;

/// The account's keys, in the order of their making.
#[utoipa::path(
    get,
    path = "/v1/security/api-keys",
    tag = "api-keys",
    params(
        ("status" = Option<String>, Query, description = "`active`, `rotating`, `expired` or `revoked`"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
        ("cursor" = Option<String>, Query, description = "Of an earlier page"),
    ),
    responses((status = 200, description = "A page", body = Page<KeyOut>), Refused)
)]
pub async fn list_keys(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let wanted = Wanted::of(&query, MOST)?;
    let status = query.text("status");
    if status.is_some_and(|it| !["active", "rotating", "expired", "revoked"].contains(&it)) {
        return Err(FieldFault::new("status", "must be active, rotating, expired or revoked").into());
    }
    let now = app.coffer.clock().now();
    let keys = app.coffer.list_managed_keys(&caller, &account.name).await?;
    let found = keys
        .iter()
        .filter(|key| status.is_none_or(|status| status == stage(KeyStage::of(key, now))));
    let items = found.map(|key| (id::of(id::KEY, key.id), KeyOut::of(key, now)));
    Ok(respond::json(
        StatusCode::OK,
        &wanted.of_all(items.collect(), false),
    ))
}
