//! `POST /audit-logs/{id}/verify`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use super::{missing, number};
use crate::{
    app::App,
    http::respond,
    v_secure::{auth::Signed, error::ApiError, model::log::VerifiedOut, openapi::Refused, routes::Id, words},
};

/// Whether an entry is what was recorded, where it was recorded.
#[utoipa::path(
    post,
    path = "/v1/security/audit-logs/{id}/verify",
    tag = "audit-logs",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "What was found", body = VerifiedOut), Refused)
)]
pub async fn verify_log(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let found = app
        .coffer
        .audit_entry(&caller, &account.name, number(&id).unwrap_or(u64::MAX))
        .await;
    let (entry, holds, _) = found.map_err(|error| match error {
        coffer_domain::Error::NotFound { .. } => missing(&id),
        other => other.into(),
    })?;
    if words::of(&entry.event).is_none() {
        return Err(missing(&id));
    }
    let told = VerifiedOut::of(&entry, holds, app.coffer.clock().now());
    Ok(respond::json(StatusCode::OK, &told))
}
