//! `DELETE /webhooks/{id}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::outbox::Subscription;

use crate::{
    app::App,
    http::respond,
    v_secure::{auth::Signed, error::ApiError, model::webhook::WebhookGone, openapi::Refused, routes::Id},
};

/// Ends a webhook; what was not delivered yet is not delivered any more.
#[utoipa::path(
    delete,
    path = "/v1/security/webhooks/{id}",
    tag = "webhooks",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "It is gone", body = WebhookGone), Refused)
)]
pub async fn delete_webhook(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let gone = app
        .coffer
        .drop_document::<Subscription>(&caller, &account.name, &id)
        .await?;
    let told = WebhookGone {
        deleted: true,
        id: gone.key,
    };
    Ok(respond::json(StatusCode::OK, &told))
}
