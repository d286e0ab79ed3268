//! The audit log.

use coffer_domain::{
    Error,
    audit::{AuditEvent, AuditRecord},
    usecase::audit::Verified,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A recorded event.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditRecordOut {
    /// Its place in the organization's chain, from 1, without gaps.
    sequence: u64,
    /// SHA-256 over everything up to here, in hex.
    hash: String,
    /// The event; its compact JSON, fields in this order, is what the chain binds.
    #[schema(value_type = AuditEventOut)]
    event: AuditEvent,
}

/// What was asked, by whom, from where, and how it ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct AuditEventOut {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who: `key:<id>`, `pod:<namespace>/<name>@<service account>`, `controller`.
    principal: String,
    /// What, such as `secret.read`.
    action: String,
    /// On what: an address, or a key.
    target: String,
    /// `allowed` or `denied`.
    outcome: String,
    /// Versions read or written.
    #[schema(required = false)]
    versions: Vec<String>,
    /// Through which door.
    door: String,
    /// From which network address.
    #[schema(nullable = false)]
    address: Option<String>,
    /// The request's id.
    #[schema(nullable = false)]
    request: Option<String>,
}

impl TryFrom<AuditRecord> for AuditRecordOut {
    type Error = Error;

    fn try_from(record: AuditRecord) -> Result<Self, Error> {
        let event = record.parse().map_err(|_| {
            Error::Internal(format!(
                "audit record {} is not an event; verify the chain",
                record.sequence
            ))
        })?;
        Ok(Self {
            sequence: record.sequence,
            hash: hex::encode(record.hash),
            event,
        })
    }
}

impl AuditRecordOut {
    /// What to ask after for the page that follows.
    pub fn key(&self) -> String {
        self.sequence.to_string()
    }
}

/// What verification found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedOut {
    /// Whether every record holds.
    intact: bool,
    /// How many records hold.
    records: u64,
    /// The hash over all of them, in hex: keep it elsewhere to notice a truncation later.
    head: String,
    /// The first record that does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    broken_at: Option<u64>,
    /// What is wrong there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<&'static str>,
}

impl From<Verified> for VerifiedOut {
    fn from(verified: Verified) -> Self {
        Self {
            intact: verified.broken.is_none(),
            records: verified.records,
            head: hex::encode(verified.head),
            broken_at: verified.broken.as_ref().map(|broken| broken.sequence),
            reason: verified.broken.as_ref().map(|broken| broken.reason),
        }
    }
}
