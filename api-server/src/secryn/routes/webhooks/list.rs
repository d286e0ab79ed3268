//! `GET /webhooks`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{outbox::Subscription, usecase::documents::DocumentPage};

use crate::{
    app::App,
    http::query::Query,
    secryn::{
        auth::{Signed, account},
        error::ApiError,
        model::webhook::WebhookOut,
        openapi::Refused,
        page::{self, Page, Wanted},
    },
};

/// The account's webhooks, oldest first.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    tag = "webhooks",
    params(
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
    ),
    responses((status = 200, description = "A page", body = Page<WebhookOut>), Refused)
)]
pub async fn list_webhooks(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&Query::lenient(uri.query()))?;
    let account = account(&app.coffer, &caller).await?;
    let part = DocumentPage {
        skip: u32::try_from(wanted.window().skip).unwrap_or(u32::MAX),
        limit: u32::try_from(wanted.window().limit).unwrap_or(u32::MAX),
        ..DocumentPage::default()
    };
    let (found, total) = app
        .coffer
        .list_documents::<Subscription>(&caller, &account, part)
        .await?;
    let items = found.into_iter().map(WebhookOut::from).collect();
    Ok(page::page(&wanted.envelope(items, total)))
}
