//! `GET /audit-logs/exports/{export}`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::audit_copy::AuditExport;

use super::export::base;
use crate::{
    app::App,
    http::{context::RequestContext, respond},
    v_secure::{auth::Signed, error::ApiError, model::export::ExportOut, openapi::Refused, routes::Id},
};

/// How an export stands.
#[utoipa::path(
    get,
    path = "/v1/security/audit-logs/exports/{export}",
    tag = "audit-logs",
    params(("export" = String, Path, description = "Its id")),
    responses((status = 200, description = "The export", body = ExportOut), Refused)
)]
pub async fn get_export(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    context: RequestContext,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let found = app
        .coffer
        .get_document::<AuditExport>(&caller, &account.name, &id)
        .await?;
    Ok(respond::json(
        StatusCode::OK,
        &ExportOut::of(&found, &base(&context)),
    ))
}
