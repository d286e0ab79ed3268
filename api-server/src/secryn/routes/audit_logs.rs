//! `GET /audit-logs`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{
    Error,
    audit::AuditEvent,
    name::OrgName,
    usecase::{Caller, MAX_PAGE},
};
use jiff::Timestamp;

use super::request_logs::moment;
use crate::{
    app::App,
    http::{fields::FieldFault, query::Query},
    secryn::{
        account::projects,
        auth::Signed,
        error::ApiError,
        model::log::{AuditOut, kind},
        openapi::Refused,
        page::{self, Page, Wanted},
    },
};

/// What is wanted; what is `None` is not asked about.
struct Filter {
    user: Option<String>,
    resource: Option<String>,
    kind: Option<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Filter {
    fn of(query: &Query<'_>) -> Result<Self, FieldFault> {
        let text = |name| query.text(name).map(str::to_owned);
        Ok(Self {
            user: text("user"),
            resource: text("resource"),
            kind: text("type"),
            from: moment(query, "start")?,
            until: moment(query, "end")?,
        })
    }

    fn takes(&self, event: &AuditEvent) -> bool {
        let part =
            |resource: &str| event.target == resource || event.target.ends_with(&format!("/{resource}"));
        self.user.as_deref().is_none_or(|user| user == event.principal)
            && self.resource.as_deref().is_none_or(part)
            && self
                .kind
                .as_deref()
                .is_none_or(|wanted| wanted == kind(&event.action))
            && self.from.is_none_or(|from| from <= event.at)
            && self.until.is_none_or(|until| event.at <= until)
    }
}

/// Every access to the account's projects, done or refused, through whatever door, oldest first.
#[utoipa::path(
    get,
    path = "/v1/audit-logs",
    tag = "logs",
    params(
        ("page" = Option<u64>, Query, description = "From 1; 1 without"),
        ("limit" = Option<u64>, Query, description = "1 to 100; 50 without"),
        ("user" = Option<String>, Query, description = "Who, as the log says it"),
        ("resource" = Option<String>, Query, description = "A whole address, the name at its end, or an id"),
        ("type" = Option<String>, Query, description = "The part of the action before the dot, such as `secret`"),
        ("start" = Option<String>, Query, description = "Of this time or later"),
        ("end" = Option<String>, Query, description = "Of this time or earlier"),
    ),
    responses((status = 200, description = "A page", body = Page<AuditOut>), Refused)
)]
pub async fn list_audit_logs(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::lenient(uri.query());
    let (wanted, filter) = (Wanted::of(&query)?, Filter::of(&query)?);
    let mut events = Vec::new();
    for project in projects(&app, &caller).await? {
        events.extend(search(&app, &caller, &project.name, &filter).await?);
    }
    events.sort_by_key(|(_, event)| event.at);
    let shown = events
        .into_iter()
        .map(|(sequence, event)| AuditOut::of(sequence, event));
    Ok(page::page(&wanted.of_all(shown)))
}

/// The events of one project that are wanted, up to those that the search itself leaves.
async fn search(
    app: &App,
    caller: &Caller,
    project: &OrgName,
    filter: &Filter,
) -> Result<Vec<(u64, AuditEvent)>, ApiError> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let records = app.coffer.read_audit(caller, project, after, MAX_PAGE).await?;
        let whole = records.len() >= MAX_PAGE as usize;
        after = records.last().map_or(after, |record| record.sequence);
        for record in records {
            let event = record.parse().map_err(|_| {
                Error::Internal(format!(
                    "audit record {} is not an event; verify the chain",
                    record.sequence
                ))
            })?;
            if filter.takes(&event) {
                found.push((record.sequence, event));
            }
        }
        if !whole {
            return Ok(found);
        }
    }
}
