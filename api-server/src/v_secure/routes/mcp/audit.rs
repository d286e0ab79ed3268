//! `GET /mcp/audit`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::audit::AuditEvent;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{query::Query, respond},
    v_secure::{
        auth::Signed,
        error::ApiError,
        model::log::AccessOut,
        openapi::Refused,
        page::{Pagination, Wanted},
        routes::audit_logs::list::{before, pagination},
        span, words,
    },
};

/// The most entries of a page.
const MOST: usize = 100;

/// A page of what agents asked for and were given, under both names that the original gives it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessPage {
    /// The same as `data`.
    logs: Vec<AccessOut>,
    /// The entries, newest first.
    data: Vec<AccessOut>,
    /// Where the page stands.
    pagination: Pagination,
}

/// What agents asked for and were given, and what was refused them; newest first.
#[utoipa::path(
    get,
    path = "/v1/security/mcp/audit",
    tag = "mcp",
    params(
        ("resource" = Option<String>, Query, description = "Only about this URI"),
        ("since" = Option<String>, Query, description = "A time, a date, or a length of time ago"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
        ("cursor" = Option<String>, Query, description = "Of an earlier page"),
    ),
    responses((status = 200, description = "A page", body = AccessPage), Refused)
)]
pub async fn list_access(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let wanted = Wanted::of(&query, MOST)?;
    let now = app.coffer.clock().now();
    let since = query
        .text("since")
        .map(|text| span::moment("since", text, now))
        .transpose()?;
    let resource = query.text("resource").map(str::to_owned);
    let takes = |_: u64, event: &AuditEvent| {
        words::of(event).is_some_and(|word| word.kind == "mcp")
            && since.is_none_or(|since| since <= event.at)
            && resource
                .as_ref()
                .is_none_or(|uri| *uri == words::target_name(event))
    };
    let found = app
        .coffer
        .access_entries(&caller, &account.name, &takes, before(&wanted), wanted.limit)
        .await?;
    let entries = || found.entries.iter().filter_map(AccessOut::of).collect();
    let told = AccessPage {
        logs: entries(),
        data: entries(),
        pagination: pagination(&found),
    };
    Ok(respond::json(StatusCode::OK, &told))
}
