//! `GET /organizations/{org}/audit`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::Error;

use crate::{
    app::App,
    http::{query::Query, respond},
    native::{
        auth::Signed,
        error::ApiError,
        model::{FailureOut, audit::AuditRecordOut},
        page::{Page, limit},
        path::OrgPath,
    },
};

/// The audit records of an organization, oldest first.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/audit",
    tag = "audit",
    params(
        ("org" = String, Path, description = "Organization"),
        ("after" = Option<u64>, Query, description = "Start after this sequence number"),
        ("limit" = Option<u32>, Query, description = "1 to 1000; 100 without"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<AuditRecordOut>),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 403, description = "`audit:read` is missing", body = FailureOut),
        (status = 404, description = "No such organization, or it is hidden", body = FailureOut),
    )
)]
pub async fn list_audit(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    OrgPath(organization): OrgPath,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::read(uri.query(), &["after", "limit"])?;
    let (limit, after) = (limit(&query)?, query.number("after")?.unwrap_or_default());
    let records = app
        .coffer
        .read_audit(&caller, &organization, after, limit)
        .await?;
    let shown = records
        .into_iter()
        .map(AuditRecordOut::try_from)
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(respond::json(
        StatusCode::OK,
        &Page::of(shown, limit, AuditRecordOut::key, |record| record),
    ))
}
