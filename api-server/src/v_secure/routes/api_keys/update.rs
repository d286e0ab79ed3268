//! `PUT /api-keys/{id}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use super::key;
use crate::{
    app::App,
    http::respond,
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::api_key::{KeyIn, KeyOut, KeySaid},
        openapi::{Refused, RefusedBody},
        routes::{Id, Json},
    },
};

/// Changes what a key is called and may do. What is not mentioned stays as it is.
#[utoipa::path(
    put,
    path = "/v1/security/api-keys/{id}",
    tag = "api-keys",
    params(("id" = String, Path, description = "Its id")),
    request_body = KeyIn,
    responses((status = 200, description = "As it is now", body = KeyOut), Refused, RefusedBody)
)]
pub async fn update_key(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let id = key(&id)?;
    let now = app.coffer.clock().now();
    let said = KeySaid::of(&mut fields, now)?;
    let change = |before| said.over(before);
    let changed = app.coffer.amend_key(&caller, &account.name, id, &change).await?;
    Ok(respond::json(StatusCode::OK, &KeyOut::of(&changed, now)))
}
