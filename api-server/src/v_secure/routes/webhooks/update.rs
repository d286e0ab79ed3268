//! `PUT /webhooks/{id}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{Error, outbox::Subscription};

use crate::{
    app::App,
    http::respond,
    v_secure::{
        NAME,
        auth::Signed,
        error::ApiError,
        model::webhook::{WebhookIn, WebhookOut, WebhookSaid},
        openapi::{Refused, RefusedBody},
        routes::{Id, Json},
    },
};

/// Changes a webhook. What is not mentioned stays as it is.
#[utoipa::path(
    put,
    path = "/v1/security/webhooks/{id}",
    tag = "webhooks",
    params(("id" = String, Path, description = "Its id")),
    request_body = WebhookIn,
    responses((status = 200, description = "As it is now", body = WebhookOut), Refused, RefusedBody)
)]
pub async fn update_webhook(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let said = WebhookSaid::of(&mut fields)?;
    let change = |before: Subscription| {
        if before.door == NAME {
            return Ok(said.over(before));
        }
        // Another door's has that door's words.
        Err(Error::Refused(format!(
            "it was made by {}; change it there",
            before.door
        )))
    };
    let changed = app
        .coffer
        .update_document(&caller, &account.name, &id, change)
        .await?;
    Ok(respond::json(StatusCode::OK, &WebhookOut::of(&changed)))
}
