//! `GET /audit-logs/reports/{report}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::audit_copy::AuditReport;

use crate::{
    app::App,
    http::respond,
    v_secure::{auth::Signed, error::ApiError, openapi::Refused, routes::Id},
};

/// A report that was made.
#[utoipa::path(
    get,
    path = "/v1/security/audit-logs/reports/{report}",
    tag = "audit-logs",
    params(("report" = String, Path, description = "Its id")),
    responses((status = 200, description = "The report", body = Object), Refused)
)]
pub async fn get_report(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let found = app
        .coffer
        .get_document::<AuditReport>(&caller, &account.name, &id)
        .await?;
    Ok(respond::json(StatusCode::OK, &found.body.told))
}
