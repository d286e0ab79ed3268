//! `POST /api-keys/{id}/rotate`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::usecase::Coffer;
use jiff::SignedDuration;
use utoipa::ToSchema;

use super::key;
use crate::{
    app::App,
    http::{
        fields::{FieldFault, Fields},
        respond,
    },
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::api_key::{LIVE, RotatedOut, TEST},
        openapi::{Refused, RefusedBody},
        routes::{Id, Json},
        span,
    },
};

/// How long the old key works on if nothing is said.
const USUAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How to rotate.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct RotateIn {
    /// For how long the old key works on: `7d` without, `0s` for not at all.
    transition_period: Option<String>,
}

/// Makes a key that takes this one's place, which works on for a while.
#[utoipa::path(
    post,
    path = "/v1/security/api-keys/{id}/rotate",
    tag = "api-keys",
    params(("id" = String, Path, description = "Its id")),
    request_body = RotateIn,
    responses((status = 200, description = "Both", body = RotatedOut), Refused, RefusedBody)
)]
pub async fn rotate_key(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let id = key(&id)?;
    let overlap = overlap(&mut fields)?;
    let form = if Coffer::is_sandbox(&account.name) {
        TEST
    } else {
        LIVE
    };
    let (old, issued) = app
        .coffer
        .succeed_key(&caller, &account.name, id, overlap, form)
        .await?;
    let now = app.coffer.clock().now();
    let told = RotatedOut::of(&old, &issued.key, issued.token.secret(), now);
    Ok(respond::json(StatusCode::OK, &told))
}

fn overlap(fields: &mut Fields) -> Result<SignedDuration, FieldFault> {
    let Some(text) = fields.text("transitionPeriod")? else {
        return Ok(USUAL);
    };
    if text == "0s" {
        return Ok(SignedDuration::ZERO);
    }
    span::parse(&text).ok_or_else(|| FieldFault::new("transitionPeriod", span::RULE))
}
