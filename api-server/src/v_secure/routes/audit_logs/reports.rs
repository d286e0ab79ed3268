//! `POST /audit-logs/reports`

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, http::StatusCode, response::Response};
use coffer_domain::{
    Error,
    audit::{AuditEvent, Outcome},
    audit_copy::{AuditReport, KEPT},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::export::base;
use crate::{
    app::App,
    http::{
        context::RequestContext,
        fields::{FieldFault, Fields},
        respond, time,
    },
    v_secure::{
        auth::Signed,
        error::ApiError,
        id,
        model::export::ReportIn,
        openapi::{Refused, RefusedBody},
        retention,
        routes::Json,
        tell::Filter,
        words,
    },
};

const TYPES: [&str; 5] = ["soc2", "iso27001", "gdpr", "pci-dss", "custom"];
/// How many entries are looked at in one go.
const PAGE: u32 = 1000;

/// Counts entries as it sees them.
#[derive(Default)]
struct Metrics {
    events: u64,
    allowed: u64,
    refused: u64,
    secrets: u64,
    actors: BTreeSet<String>,
}

/// Counts what was done in a stretch of days.
#[utoipa::path(
    post,
    path = "/v1/security/audit-logs/reports",
    tag = "audit-logs",
    request_body = ReportIn,
    responses((status = 201, description = "The report", body = Object), Refused, RefusedBody)
)]
pub async fn make_report(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    context: RequestContext,
    Json(mut fields): Json,
) -> Result<Response, ApiError> {
    let kind = fields.text("type")?.unwrap_or_default();
    if !TYPES.contains(&kind.as_str()) {
        return Err(FieldFault::new("type", "must be soc2, iso27001, gdpr, pci-dss or custom").into());
    }
    let (start, end) = period(&mut fields)?;
    let with_metrics = fields.flag("includeMetrics")?.unwrap_or(true);
    app.coffer.may_export_audit(&caller, &account.name).await?;
    let metrics = count(&app, account.id, (start, end)).await?;
    let key = id::of("rep_", app.coffer.fresh_key(""));
    let forget_at = app
        .coffer
        .clock()
        .now()
        .saturating_add(KEPT)
        .unwrap_or(Timestamp::MAX);
    let mut told = json!({
        "reportId": key,
        "type": kind,
        "period": { "start": time::seconds(start), "end": time::seconds(end) },
        "downloadUrl": format!("{}/audit-logs/reports/{key}", base(&context)),
        "expiresAt": time::seconds(forget_at),
    });
    if with_metrics {
        told["metrics"] = metrics.told();
    }
    let Value::Object(told) = told else {
        return Err(Error::Internal("a report is an object".to_owned()).into());
    };
    keep(
        &app,
        (&caller, &account.name),
        &key,
        AuditReport { told, forget_at },
    )
    .await
}

async fn keep(
    app: &App,
    (caller, account): (&coffer_domain::usecase::Caller, &coffer_domain::name::OrgName),
    key: &str,
    report: AuditReport,
) -> Result<Response, ApiError> {
    let kept = app.coffer.create_document(caller, account, key, &report).await?;
    let told: &Map<String, Value> = &kept.body.told;
    Ok(respond::json(StatusCode::CREATED, told))
}

/// From the first moment of the first day to the last of the last one, in UTC.
fn period(fields: &mut Fields) -> Result<(Timestamp, Timestamp), FieldFault> {
    let wrong = || {
        FieldFault::new(
            "period",
            "must have start and end, dates such as 2024-01-31, in this order",
        )
    };
    let given = fields.any("period").unwrap_or_default();
    let day = |name: &str| -> Option<Date> {
        let text = given[name].as_str()?;
        text.split('T').next()?.parse().ok()
    };
    let (start, end) = (day("start").ok_or_else(wrong)?, day("end").ok_or_else(wrong)?);
    let begins = start.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp();
    let ends = end
        .at(23, 59, 59, 0)
        .to_zoned(TimeZone::UTC)
        .map_err(|_| wrong())?
        .timestamp();
    if ends <= begins {
        return Err(wrong());
    }
    Ok((begins, ends))
}

async fn count(
    app: &App,
    organization: coffer_domain::id::OrgId,
    (start, end): (Timestamp, Timestamp),
) -> Result<Metrics, Error> {
    let shown = retention::of_account(app, organization).await?;
    let (mut metrics, mut after, filter) = (Metrics::default(), 0, Filter::default());
    loop {
        let (entries, last, _) = app.coffer.entries_after(organization, after, PAGE).await?;
        for entry in &entries {
            let event = &entry.event;
            let within = start <= event.at && event.at.as_second() <= end.as_second();
            if within && filter.takes(event, &shown) {
                metrics.take(event);
            }
        }
        if last == after {
            return Ok(metrics);
        }
        after = last;
    }
}

impl Metrics {
    fn take(&mut self, event: &AuditEvent) {
        self.events += 1;
        self.actors.insert(event.principal.clone());
        let word = words::of(event);
        let access = word.is_some_and(|word| word.long() == "secret.accessed");
        match event.outcome {
            Outcome::Allowed => {
                self.allowed += 1;
                self.secrets += u64::from(access);
            }
            Outcome::Denied => self.refused += 1,
        }
    }

    fn told(&self) -> Value {
        json!({
            "totalEvents": self.events,
            "successfulAccess": self.allowed,
            "failedAccess": self.refused,
            "uniqueActors": self.actors.len(),
            "secretsAccessed": self.secrets,
        })
    }
}
