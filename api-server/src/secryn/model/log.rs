//! The request log and the audit log.

use coffer_domain::{
    audit::{AuditEvent, Outcome},
    request_log::RequestLine,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Moment;

/// A request.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestLineOut {
    id: String,
    /// When it arrived.
    time: Moment,
    method: String,
    /// What it was about: `vault`, `secret`, `key`, …
    r#type: String,
    /// Its path, credentials struck out.
    path: String,
    status: u16,
    ip: String,
    /// How long it took, in milliseconds.
    duration_ms: f64,
    /// Who sent it, as the audit log names it.
    user: String,
    /// `user`, `access_key` or `public_token`.
    actor: String,
}

impl From<RequestLine> for RequestLineOut {
    fn from(line: RequestLine) -> Self {
        let micros = u32::try_from(line.micros).unwrap_or(u32::MAX);
        Self {
            id: line.request,
            time: Moment(line.at),
            method: line.method.into_owned(),
            r#type: line.subject.into_owned(),
            path: line.path,
            status: line.status,
            ip: line.address.to_string(),
            duration_ms: f64::from(micros) / 1000.0,
            user: line.principal,
            actor: line.kind.into_owned(),
        }
    }
}

/// An access, done or refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditOut {
    /// Its place in the project's chain.
    id: u64,
    time: Moment,
    /// Who: `key:<id>`, `pod:…`, `controller`.
    user: String,
    /// What, such as `secret.read`.
    action: String,
    /// What the action is about: the part before the dot.
    r#type: String,
    /// On what: an address or an id.
    resource: String,
    /// Versions read or written, and what else changed.
    changes: Vec<String>,
    /// `allowed` or `denied`.
    outcome: &'static str,
    ip: Option<String>,
    /// Through which door.
    door: String,
}

impl AuditOut {
    /// The event with this number.
    pub fn of(sequence: u64, event: AuditEvent) -> Self {
        Self {
            id: sequence,
            time: Moment(event.at),
            user: event.principal,
            r#type: kind(&event.action).to_owned(),
            action: event.action,
            resource: event.target,
            changes: event.versions,
            outcome: match event.outcome {
                Outcome::Allowed => "allowed",
                Outcome::Denied => "denied",
            },
            ip: event.address,
            door: event.door,
        }
    }
}

/// What an action is about.
pub fn kind(action: &str) -> &str {
    action.split_once('.').map_or(action, |(kind, _)| kind)
}
