//! `POST /webhooks`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{api_key::base62, secret_value::SecretValue, usecase::Coffer};

use crate::{
    app::App,
    http::respond,
    v_secure::{
        auth::Signed,
        error::ApiError,
        id,
        model::webhook::{WebhookIn, WebhookOut, WebhookSaid},
        openapi::{Refused, RefusedBody},
        routes::Json,
    },
};

/// Has an address told of what happens: `POST` with JSON, signed, at least once. `secret` is shown this once.
#[utoipa::path(
    post,
    path = "/v1/security/webhooks",
    tag = "webhooks",
    request_body = WebhookIn,
    responses((status = 201, description = "Made", body = WebhookOut), Refused, RefusedBody)
)]
pub async fn create_webhook(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let secret = SecretValue::from(format!("whsec_{}", base62(app.coffer.entropy(), 43)));
    let mode = if Coffer::is_sandbox(&account.name) {
        "test"
    } else {
        "live"
    };
    let subscription = WebhookSaid::of(&mut fields)?.into_new(secret, mode)?;
    let key = id::of("whk_", app.coffer.fresh_key(""));
    let made = app
        .coffer
        .create_document(&caller, &account.name, &key, &subscription)
        .await?;
    let told = WebhookOut::of(&made).with_secret(&made.body.secret);
    Ok(respond::json(StatusCode::CREATED, &told))
}
