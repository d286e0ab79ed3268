//! Exports, reports and feeds of the audit log.

use coffer_domain::{
    audit_copy::{AuditExport, AuditFeed, ExportState},
    record::Kept,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Moment;

/// An export.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportOut {
    /// `exp_` and more.
    export_id: String,
    /// `processing`, `completed` or `failed`.
    #[schema(value_type = String)]
    status: ExportState,
    format: String,
    /// In bytes; known once it is completed.
    estimated_size: Option<u64>,
    /// In seconds; 0 once it is completed.
    estimated_time: u64,
    /// Where to fetch it, with the same key, once it is completed.
    download_url: Option<String>,
    created_at: Moment,
}

impl ExportOut {
    /// Of an export, with the address of this door.
    pub fn of(kept: &Kept<AuditExport>, base: &str) -> Self {
        let done = kept.body.state == ExportState::Completed;
        Self {
            export_id: kept.key.clone(),
            status: kept.body.state,
            format: kept.body.format.clone(),
            estimated_size: done.then_some(kept.body.bytes),
            estimated_time: u64::from(!done),
            download_url: done.then(|| format!("{base}/audit-logs/exports/{}/download", kept.key)),
            created_at: Moment(kept.body.asked_at),
        }
    }
}

/// An export to be made.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct ExportIn {
    /// `json` (lines), `csv` or `syslog` (RFC 5424).
    format: String,
    since: Option<String>,
    until: Option<String>,
    /// `resource`, `action`, `actor`, `name`, `result`, as in lists.
    #[schema(value_type = Option<Object>)]
    filters: Option<Map<String, Value>>,
    /// True without.
    include_signatures: Option<bool>,
    /// Whether to compress it with gzip.
    compress: Option<bool>,
}

/// A report to be made.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct ReportIn {
    /// `soc2`, `iso27001`, `gdpr`, `pci-dss` or `custom`.
    r#type: String,
    /// `start` and `end`: dates.
    #[schema(value_type = Object)]
    period: Value,
    /// True without.
    include_metrics: Option<bool>,
}

/// A feed to be set up.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct FeedIn {
    /// `splunk` or `datadog`.
    r#type: String,
    /// `endpoint` and `token`.
    #[schema(value_type = Object)]
    config: Value,
    /// `minLevel`: `info` for every entry, `warning` for those that were refused.
    #[schema(value_type = Option<Object>)]
    filters: Option<Value>,
}

/// A feed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeedOut {
    id: String,
    r#type: String,
    /// `active`.
    status: &'static str,
    created_at: Moment,
}

impl From<&Kept<AuditFeed>> for FeedOut {
    fn from(kept: &Kept<AuditFeed>) -> Self {
        Self {
            id: kept.key.clone(),
            r#type: kept.body.kind.clone(),
            status: "active",
            created_at: Moment(kept.created_at),
        }
    }
}
