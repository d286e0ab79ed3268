//! `PUT /webhooks/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::outbox::Subscription;

use crate::{
    app::App,
    secryn::{
        auth::{Signed, account},
        error::ApiError,
        model::webhook::{Wanted, WebhookIn, WebhookOut},
        openapi::{Refused, RefusedBody},
        page::{self, One},
        routes::{Id, Json},
    },
};

/// Changes a webhook; what it signs with stays.
#[utoipa::path(
    put,
    path = "/v1/webhooks/{id}",
    tag = "webhooks",
    params(("id" = String, Path, description = "Its id")),
    request_body = WebhookIn,
    responses((status = 200, description = "Changed", body = One<WebhookOut>), Refused, RefusedBody)
)]
pub async fn update_webhook(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(&mut fields)?;
    let account = account(&app.coffer, &caller).await?;
    let change = |before: Subscription| {
        let after = wanted.over(before);
        after.check().map(|()| after)
    };
    let changed = app.coffer.update_document(&caller, &account, &id, change).await?;
    Ok(page::one(WebhookOut::from(changed)))
}
