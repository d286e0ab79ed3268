//! `GET /audit-logs`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::{audit::AuditEvent, usecase::audit_entries::Entries};

use super::MOST;
use crate::{
    app::App,
    http::{query::Query, respond},
    v_secure::{
        auth::Signed,
        error::ApiError,
        id,
        model::log::LogOut,
        openapi::Refused,
        page::{self, Page, Pagination, Wanted},
        retention,
        tell::Filter,
    },
};

/// What was done with secrets, keys, resources and webhooks, and what was refused; newest first.
#[utoipa::path(
    get,
    path = "/v1/security/audit-logs",
    tag = "audit-logs",
    params(
        ("resource" = Option<String>, Query, description = "`secrets`, `apikeys`, `mcp`, `webhooks` or `config`"),
        ("action" = Option<String>, Query, description = "`accessed`, or in full `secret.accessed`"),
        ("actor" = Option<String>, Query, description = "Who acted, by id"),
        ("name" = Option<String>, Query, description = "The resource's name"),
        ("result" = Option<String>, Query, description = "`success` or `failure`"),
        ("since" = Option<String>, Query, description = "A time, a date, or a length of time ago"),
        ("until" = Option<String>, Query, description = "A time, a date, or a length of time ago"),
        ("limit" = Option<u64>, Query, description = "1 to 1000; 50 without"),
        ("cursor" = Option<String>, Query, description = "Of an earlier page"),
    ),
    responses((status = 200, description = "A page", body = Page<LogOut>), Refused)
)]
pub async fn list_logs(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let wanted = Wanted::of(&query, MOST)?;
    let filter = Filter::of_query(&query, app.coffer.clock().now())?;
    let shown = retention::of_account(&app, account.id).await?;
    let takes = |_: u64, event: &AuditEvent| filter.takes(event, &shown);
    let found = app
        .coffer
        .audit_entries(&caller, &account.name, &takes, before(&wanted), wanted.limit)
        .await?;
    let data: Vec<LogOut> = found
        .entries
        .iter()
        .filter_map(|it| LogOut::of(it, &found.known))
        .collect();
    let pagination = pagination(&found);
    Ok(respond::json(StatusCode::OK, &Page { data, pagination }))
}

/// Below which number a page begins. What no entry has as its id is compared as a text: ids of this door come after
/// those that sort before them.
pub(in crate::v_secure::routes) fn before(wanted: &Wanted) -> Option<u64> {
    let after = wanted.after.as_ref()?;
    let none = if after.as_str() < id::LOG { 0 } else { u64::MAX };
    Some(id::parse_log(after).unwrap_or(none))
}

/// Where a page of entries stands.
pub(in crate::v_secure::routes) fn pagination(found: &Entries) -> Pagination {
    Pagination {
        cursor: found
            .entries
            .last()
            .map(|entry| page::write(&id::of_log(entry.sequence))),
        has_more: found.more,
        total_count: found.total,
    }
}
