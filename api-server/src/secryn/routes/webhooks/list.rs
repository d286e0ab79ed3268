//! `GET /webhooks`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::outbox::Subscription;

use crate::{
    app::App,
    secryn::{
        auth::Signed, documents, error::ApiError, model::webhook::WebhookOut, openapi::Refused, page::Page,
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
    documents::list::<Subscription, WebhookOut>(&app, &caller, &uri).await
}
