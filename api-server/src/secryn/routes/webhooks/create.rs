//! `POST /webhooks`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::{api_key::base62, secret_value::SecretValue};

use crate::{
    app::App,
    secryn::{
        NAME,
        auth::{Signed, account},
        error::ApiError,
        model::webhook::{Wanted, WebhookIn, WebhookOut},
        openapi::{Refused, RefusedBody},
        page::{self, One},
        routes::Json,
    },
};

/// Has an address told of what happens: `POST` with JSON, signed, at least once.
#[utoipa::path(
    post,
    path = "/v1/webhooks",
    tag = "webhooks",
    request_body = WebhookIn,
    responses((status = 200, description = "Made", body = One<WebhookOut>), Refused, RefusedBody)
)]
pub async fn create_webhook(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&mut fields)?;
    let account = account(&app.coffer, &caller).await?;
    let secret = SecretValue::from(format!("whsec_{}", base62(app.coffer.entropy(), 43)));
    let subscription = wanted.into_new(NAME, secret);
    subscription.check()?;
    let id = app.coffer.fresh_key("wh_");
    let made = app
        .coffer
        .create_document(&caller, &account, &id, &subscription)
        .await?;
    Ok(page::one(WebhookOut::made(made)))
}
