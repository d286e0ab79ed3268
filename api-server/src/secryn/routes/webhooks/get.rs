//! `GET /webhooks/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::outbox::Subscription;

use crate::{
    app::App,
    secryn::{
        auth::Signed, documents, error::ApiError, model::webhook::WebhookOut, openapi::Refused, page::One,
        routes::Id,
    },
};

/// One webhook.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The webhook", body = One<WebhookOut>), Refused)
)]
pub async fn get_webhook(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    documents::get::<Subscription, WebhookOut>(&app, &caller, &id).await
}
