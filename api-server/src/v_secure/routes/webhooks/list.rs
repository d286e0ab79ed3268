//! `GET /webhooks`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::{outbox::Subscription, usecase::documents::DocumentPage};

use crate::{
    app::App,
    http::{query::Query, respond},
    v_secure::{
        NAME,
        auth::Signed,
        error::ApiError,
        model::webhook::WebhookOut,
        openapi::Refused,
        page::{Page, Wanted},
    },
};

/// The most webhooks of a page.
const MOST: usize = 100;

/// The account's webhooks, in the order of their making.
#[utoipa::path(
    get,
    path = "/v1/security/webhooks",
    tag = "webhooks",
    params(
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
        ("cursor" = Option<String>, Query, description = "Of an earlier page"),
    ),
    responses((status = 200, description = "A page", body = Page<WebhookOut>), Refused)
)]
pub async fn list_webhooks(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()), MOST)?;
    let all = DocumentPage::default();
    let (found, _) = app
        .coffer
        .list_documents::<Subscription>(&caller, &account.name, all)
        .await?;
    let own = found.iter().filter(|kept| kept.body.door == NAME);
    let items = own.map(|kept| (kept.key.clone(), WebhookOut::of(kept)));
    Ok(respond::json(
        StatusCode::OK,
        &wanted.of_all(items.collect(), false),
    ))
}
