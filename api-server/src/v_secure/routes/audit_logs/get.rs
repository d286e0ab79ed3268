//! `GET /audit-logs/{id}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use super::{missing, number};
use crate::{
    app::App,
    http::respond,
    v_secure::{
        auth::Signed, error::ApiError, model::log::LogOut, openapi::Refused, retention, routes::Id,
        tell::Filter,
    },
};

/// One entry, and whether it is what was recorded.
#[utoipa::path(
    get,
    path = "/v1/security/audit-logs/{id}",
    tag = "audit-logs",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The entry", body = LogOut), Refused)
)]
pub async fn get_log(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let (entry, holds, known) = app
        .coffer
        .audit_entry(&caller, &account.name, number(&id).unwrap_or(u64::MAX))
        .await
        .map_err(|error| match error {
            coffer_domain::Error::NotFound { .. } => missing(&id),
            other => other.into(),
        })?;
    let shown = retention::of_account(&app, account.id).await?;
    let told = LogOut::of(&entry, &known).filter(|_| Filter::default().takes(&entry.event, &shown));
    let told = told.ok_or_else(|| missing(&id))?;
    Ok(respond::json(StatusCode::OK, &told.verified(holds)))
}
