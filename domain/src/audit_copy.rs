//! Copies of the audit log that leave it: exports that are made in the background, reports, feeds to other systems; the
//! key that entries are signed with; and for how long doors show them. The log itself never loses an entry.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    record::{Collection, Document},
    rights::Permission,
    secret_value::{self, SecretValue},
};

/// How long an export or report is kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Where an export stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportState {
    /// It is being made.
    Processing,
    /// It can be fetched.
    Completed,
    /// It could not be made.
    Failed,
}

/// An export of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditExport {
    /// The dialect that it is made in the words of.
    pub door: String,
    /// Its format, in that dialect's words.
    pub format: String,
    /// Which entries, in that dialect's words.
    pub filter: Map<String, Value>,
    /// Only those up to this number: those there were when it was asked for.
    pub up_to: u64,
    /// Whether entries come with their signatures.
    pub signatures: bool,
    /// Whether it is compressed.
    pub compressed: bool,
    /// Where it stands.
    pub state: ExportState,
    /// How many parts it has.
    pub parts: u32,
    /// How many bytes.
    pub bytes: u64,
    /// How many entries.
    pub entries: u64,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

impl Document for AuditExport {
    const COLLECTION: Collection = Collection::new("audit-exports");
    const NOUN: &'static str = "audit-export";
    const READ: Permission = Permission::ExportAudit;
    const WRITE: Permission = Permission::ExportAudit;

    fn expires_at(&self) -> Option<Timestamp> {
        self.asked_at.checked_add(KEPT).ok()
    }

    fn due_at(&self) -> Option<Timestamp> {
        (self.state == ExportState::Processing).then_some(self.asked_at)
    }
}

/// A part of an export's file; its key is the export's, a dot, and a number of six digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportPart {
    /// The export's key.
    pub export: String,
    /// Its bytes.
    #[serde(with = "secret_value::base64")]
    pub data: SecretValue,
    /// When the export was asked for.
    pub asked_at: Timestamp,
}

impl Document for ExportPart {
    const COLLECTION: Collection = Collection::new("audit-export-parts");
    const NOUN: &'static str = "audit-export-part";
    const READ: Permission = Permission::ExportAudit;
    const WRITE: Permission = Permission::ExportAudit;

    fn group(&self) -> String {
        self.export.clone()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.asked_at.checked_add(KEPT).ok()
    }
}

/// A report on a stretch of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditReport {
    /// The report, in the words of the dialect that made it.
    pub told: Map<String, Value>,
    /// When it is forgotten.
    pub forget_at: Timestamp,
}

impl Document for AuditReport {
    const COLLECTION: Collection = Collection::new("audit-reports");
    const NOUN: &'static str = "audit-report";
    const READ: Permission = Permission::ExportAudit;
    const WRITE: Permission = Permission::ExportAudit;

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.forget_at)
    }
}

/// For how long doors show entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Retention {
    /// What was said, in the words of the dialect that it was said to.
    pub told: Map<String, Value>,
}

impl Document for Retention {
    const COLLECTION: Collection = Collection::new("audit-retention");
    const NOUN: &'static str = "config";
    const READ: Permission = Permission::ReadAudit;
    const WRITE: Permission = Permission::ManageVaults;
}

/// A system elsewhere that entries are sent to as they come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditFeed {
    /// The dialect whose words entries are sent in.
    pub door: String,
    /// What kind of system.
    pub kind: String,
    /// Where it takes them.
    pub endpoint: String,
    /// What it lets them in by.
    #[serde(with = "secret_value::base64")]
    pub token: SecretValue,
    /// Only those that were refused.
    pub only_refused: bool,
    /// The last one that it took, or that was not for it.
    pub after: u64,
    /// How often in a row it has not taken any.
    pub failures: u32,
    /// When to look again.
    pub next_at: Timestamp,
}

impl Document for AuditFeed {
    const COLLECTION: Collection = Collection::new("audit-feeds");
    const NOUN: &'static str = "audit-feed";
    const READ: Permission = Permission::ManageVaults;
    const WRITE: Permission = Permission::ManageVaults;

    fn due_at(&self) -> Option<Timestamp> {
        Some(self.next_at)
    }
}

/// What an organization's entries are signed with.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SealKey {
    #[serde(with = "secret_value::base64")]
    pub(crate) key: SecretValue,
}

impl Document for SealKey {
    const COLLECTION: Collection = Collection::new("audit-seal");
    const NOUN: &'static str = "audit-seal";
}
