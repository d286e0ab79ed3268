//! `GET /api-keys/{id}/usage`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use coffer_domain::request_log::RequestFilter;

use super::key;
use crate::{
    app::App,
    http::{query::Query, respond},
    requests,
    v_secure::{
        auth::Signed,
        error::ApiError,
        id,
        model::usage::{UsageOut, month},
        openapi::Refused,
        routes::Id,
        span,
    },
};

/// What a key was used for; in the present calendar month, if nothing else is said.
#[utoipa::path(
    get,
    path = "/v1/security/api-keys/{id}/usage",
    tag = "api-keys",
    params(
        ("id" = String, Path, description = "Its id"),
        ("since" = Option<String>, Query, description = "A time, a date, or a length of time ago"),
        ("until" = Option<String>, Query, description = "A time, a date, or a length of time ago"),
    ),
    responses((status = 200, description = "Its usage", body = UsageOut), Refused)
)]
pub async fn key_usage(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    Id(id): Id,
    uri: Uri,
) -> Result<Response, ApiError> {
    let id = key(&id)?;
    let now = app.coffer.clock().now();
    let query = Query::lenient(uri.query());
    let moment = |name: &'static str| {
        query
            .text(name)
            .map(|text| span::moment(name, text, now))
            .transpose()
    };
    let (start, end) = month(now);
    let period = (moment("since")?.unwrap_or(start), moment("until")?.unwrap_or(end));
    let filter = RequestFilter {
        from: Some(period.0),
        until: Some(period.1),
        ..RequestFilter::default()
    };
    requests::flush(&app).await;
    let lines = app
        .coffer
        .key_requests(&caller, &account.name, id, &filter)
        .await?;
    let told = UsageOut::of(id::of(id::KEY, id), period, &lines);
    Ok(respond::json(StatusCode::OK, &told))
}
