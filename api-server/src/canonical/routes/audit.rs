//! `GET /api/secrets/audit`: what was done lately through this door, from memory, for development.

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    app::App,
    canonical::{auth::Signed, error::Failure, page::Wanted, query::Query},
    http::time,
};

/// The members that a record is found by.
const FILTERS: [&str; 5] = ["event", "purpose", "effect", "resource_ref", "correlation_id"];

/// Lists the tenant's records, newest first.
pub async fn audit(State(app): State<Arc<App>>, signed: Signed, uri: Uri) -> Result<Response, Failure> {
    if !app.canonical.settings.dev_endpoints {
        return Err(Failure::unknown_path());
    }
    signed.require_overview(&app).await?;
    let query = Query::read(uri.query())?;
    let wanted = Wanted::of(&app.canonical, &query)?;
    let filter = Filter::of(&query)?;
    let records = app.canonical.journal.newest(signed.tenant.as_str());
    let met = records
        .iter()
        .map(|record| &record.shown)
        .filter(|shown| filter.meets(shown));
    Ok(wanted.page(met.cloned().collect(), &json!({})))
}

struct Filter {
    members: Vec<(&'static str, String)>,
    subject: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Filter {
    fn of(query: &Query<'_>) -> Result<Self, Failure> {
        let mut members = Vec::new();
        for name in FILTERS {
            members.extend(query.text(name)?.map(|text| (name, text)));
        }
        Ok(Self {
            members,
            subject: query.text("subject")?,
            since: moment(query, "since")?,
            until: moment(query, "until")?,
        })
    }

    fn meets(&self, shown: &Value) -> bool {
        let at = shown["ts"]
            .as_str()
            .and_then(time::parse)
            .unwrap_or(Timestamp::UNIX_EPOCH);
        self.members
            .iter()
            .all(|(name, wanted)| shown[name] == wanted.as_str())
            && self
                .subject
                .as_ref()
                .is_none_or(|wanted| shown["subject"]["sub"] == wanted.as_str())
            && self.since.is_none_or(|since| since <= at)
            && self.until.is_none_or(|until| at < until)
    }
}

fn moment(query: &Query<'_>, name: &'static str) -> Result<Option<Timestamp>, Failure> {
    let read = |text: String| {
        time::parse(&text)
            .ok_or_else(|| Failure::invalid(name, "must be an RFC 3339 time such as 2024-01-15T10:30:00Z"))
    };
    query.uri_text(name)?.map(read).transpose()
}
