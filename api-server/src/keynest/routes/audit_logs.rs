//! `GET /audit-logs/`

use std::sync::Arc;

use axum::{extract::State, response::Response, routing};
use coffer_domain::usecase::keynest::LogFilter;
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};

use crate::{
    app::App,
    http::query::Query,
    keynest::{
        auth::Signed,
        error::Failure,
        model::RowOut,
        page::Wanted,
        routes::{Access, Route, number},
    },
};

/// What was done, newest first: in organizations whose log the caller may read, and by the caller.
pub async fn list(State(app): State<Arc<App>>, signed: Signed) -> Result<Response, Failure> {
    let query = Query::lenient(signed.asked.uri.query());
    let wanted = Wanted::of(&query)?;
    let text = |name: &str| query.text(name).filter(|text| !text.is_empty());
    let filter = LogFilter {
        user: number(&query, "user")?,
        actions: text("action").map(actions).unwrap_or_default(),
        target_type: text("target_type").map(str::to_owned),
        from: date(&query, "date_from")?.map(first_moment),
        before: date(&query, "date_to")?.map(|date| first_moment(date.saturating_add(Span::new().days(1)))),
    };
    let found = app.nest().log(&signed.actor, &filter, wanted.window()).await?;
    wanted.answer(&app, &signed.asked, found, RowOut::from)
}

/// An action, or what a bare verb stands for.
fn actions(text: &str) -> Vec<String> {
    let past = match text {
        "create" => &["created", "registered", "invited"][..],
        "update" => &["updated"],
        "delete" => &["deleted", "removed"],
        "view" => &["viewed"],
        "export" => &["exported"],
        "import" => &["imported"],
        other => return vec![other.to_owned()],
    };
    past.iter().map(|verb| (*verb).to_owned()).collect()
}

fn date(query: &Query<'_>, name: &'static str) -> Result<Option<Date>, Failure> {
    let wrong = || Failure::field(name, "Enter a valid date (YYYY-MM-DD).");
    let text = query.text(name).filter(|text| !text.is_empty());
    let plain =
        |text: &str| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let read = |text: &str| text.parse().ok().filter(|_| plain(text)).ok_or_else(wrong);
    text.map(read).transpose()
}

fn first_moment(date: Date) -> Timestamp {
    let zoned = date.to_zoned(TimeZone::UTC);
    zoned.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// The route.
pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(
        ("GET", "/api/audit-logs", 200),
        Access::Signed,
        "what was done",
        &[
            "user",
            "action",
            "target_type",
            "date_from",
            "date_to",
            "page",
            "page_size",
        ],
        routing::get(list),
    )]
}
