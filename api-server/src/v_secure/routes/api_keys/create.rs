//! `POST /api-keys`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::usecase::{Coffer, api_keys::NewApiKey};

use crate::{
    app::App,
    http::{fields::FieldFault, respond},
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::api_key::{KeyIn, KeyOut, KeySaid, LIVE, TEST},
        openapi::{Refused, RefusedBody},
        routes::Json,
    },
};

/// Makes a key. `apiKey` is shown this once.
#[utoipa::path(
    post,
    path = "/v1/security/api-keys",
    tag = "api-keys",
    request_body = KeyIn,
    responses((status = 201, description = "Made", body = KeyOut), Refused, RefusedBody)
)]
pub async fn create_key(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let now = app.coffer.clock().now();
    let inside = Coffer::is_sandbox(&account.name);
    let sandbox = match fields.text("mode")?.as_deref() {
        None => inside,
        Some("test") => true,
        Some("live") if !inside => false,
        Some(_) => return Err(FieldFault::new("mode", "must be live or test, and test in a sandbox").into()),
    };
    let form = if sandbox { TEST } else { LIVE };
    let new = NewApiKey {
        asked_at: Some(now),
        ..KeySaid::of(&mut fields, now)?.into_new(form)?
    };
    let issued = if sandbox && !inside {
        app.coffer.create_sandbox_key(&caller, &account.name, new).await?
    } else {
        app.coffer.create_managed_key(&caller, &account.name, new).await?
    };
    let told = KeyOut::of(&issued.key, now).with(issued.token.secret());
    Ok(respond::json(StatusCode::CREATED, &told))
}
