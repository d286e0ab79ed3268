//! `GET /webhooks/{id}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::outbox::Subscription;

use crate::{
    app::App,
    http::respond,
    v_secure::{auth::Signed, error::ApiError, model::webhook::WebhookOut, openapi::Refused, routes::Id},
};

/// One webhook.
#[utoipa::path(
    get,
    path = "/v1/security/webhooks/{id}",
    tag = "webhooks",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The webhook", body = WebhookOut), Refused)
)]
pub async fn get_webhook(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let found = app
        .coffer
        .get_document::<Subscription>(&caller, &account.name, &id)
        .await?;
    Ok(respond::json(StatusCode::OK, &WebhookOut::of(&found)))
}
