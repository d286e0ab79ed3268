//! `GET /audit-logs`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use coffer_domain::{
    audit::AuditEvent,
    name::OrgName,
    usecase::audit_window::{AuditWindow, Meets},
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

    /// Whether nothing is asked about.
    fn is_all(&self) -> bool {
        let texts = [&self.user, &self.resource, &self.kind];
        texts.iter().all(|text| text.is_none()) && self.from.is_none() && self.until.is_none()
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
    let projects = projects(&app, &caller).await?;
    let names: Vec<OrgName> = projects.into_iter().map(|project| project.name).collect();
    let takes = |event: &AuditEvent| filter.takes(event);
    let meets: Option<Meets<'_>> = if filter.is_all() { None } else { Some(&takes) };
    let part = AuditWindow {
        skip: wanted.window().skip,
        limit: u32::try_from(wanted.window().limit).unwrap_or(u32::MAX),
    };
    let (events, total) = app.coffer.audit_window(&caller, &names, meets, part).await?;
    let shown = events
        .into_iter()
        .map(|(sequence, event)| AuditOut::of(sequence, event));
    Ok(page::page(&wanted.envelope(shown.collect(), total)))
}
