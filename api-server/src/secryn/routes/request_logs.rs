//! `GET /request-logs`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::request_log::RequestFilter;
use jiff::Timestamp;

use crate::{
    app::App,
    http::{fields::FieldFault, query::Query, time},
    requests,
    secryn::{
        account::projects,
        auth::Signed,
        error::ApiError,
        model::log::RequestLineOut,
        openapi::Refused,
        page::{self, Page, Wanted},
    },
};

/// The requests that came with a token of the account, oldest first.
#[utoipa::path(
    get,
    path = "/v1/request-logs",
    tag = "logs",
    params(
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
        ("type" = Option<String>, Query, description = "What it was about, such as `secret`"),
        ("method" = Option<String>, Query, description = "Its method"),
        ("status" = Option<u16>, Query, description = "The answer's status"),
        ("ip" = Option<String>, Query, description = "The client's address"),
        ("start" = Option<String>, Query, description = "Of this time or later"),
        ("end" = Option<String>, Query, description = "Of this time or earlier"),
    ),
    responses((status = 200, description = "A page", body = Page<RequestLineOut>), Refused)
)]
pub async fn list_request_logs(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let (wanted, filter) = (Wanted::of(&query)?, filter(&query)?);
    requests::flush(&app).await;
    let mut lines = Vec::new();
    for project in projects(&app, &caller).await? {
        lines.extend(app.coffer.read_requests(&caller, &project.name, &filter).await?);
    }
    lines.sort_by_key(|line| line.at);
    Ok(page::page(
        &wanted.of_all(lines.into_iter().map(RequestLineOut::from)),
    ))
}

fn filter(query: &Query<'_>) -> Result<RequestFilter, FieldFault> {
    let text = |name| query.text(name).map(str::to_owned);
    let status = query.text("status").map(|text| text.parse().map_err(|_| ()));
    let status = status.transpose();
    Ok(RequestFilter {
        method: text("method"),
        subject: text("type"),
        status: status.map_err(|()| FieldFault::new("status", "must be a status such as 200"))?,
        address: text("ip"),
        from: moment(query, "start")?,
        until: moment(query, "end")?,
    })
}

/// A parameter that is a time.
pub fn moment(query: &Query<'_>, name: &'static str) -> Result<Option<Timestamp>, FieldFault> {
    let rule = "must be an RFC 3339 time such as 2024-01-15T10:30:00Z, or a date";
    let read = |text| time::parse(text).ok_or_else(|| FieldFault::new(name, rule));
    query.text(name).map(read).transpose()
}
