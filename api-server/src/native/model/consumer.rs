//! The ledger: which pod holds which version.

use coffer_domain::{address::Version, entity::Consumer};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// One pod's line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerOut {
    /// The secret's name.
    name: String,
    /// The pod's namespace.
    namespace: String,
    /// The pod's name.
    pod: String,
    /// The pod's uid.
    pod_uid: String,
    /// The newest version it was sent.
    delivered: u64,
    /// When that was.
    #[schema(value_type = String, format = DateTime)]
    delivered_at: Timestamp,
    /// The newest version it has put in place; null while it has put none.
    acknowledged: Option<u64>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = DateTime)]
    acknowledged_at: Option<Timestamp>,
    /// The secret's current version; null when it has none.
    current: Option<u64>,
    /// Whether it has put in place something else than the current version.
    lagging: bool,
}

impl ConsumerOut {
    /// A line about a secret whose current version is `current`.
    pub fn of(line: Consumer, current: Option<Version>) -> Self {
        Self {
            name: line.name.into(),
            namespace: line.namespace,
            pod: line.pod,
            pod_uid: line.pod_uid,
            delivered: line.delivered.get(),
            delivered_at: line.delivered_at,
            acknowledged: line.acknowledged.map(Version::get),
            acknowledged_at: line.acknowledged_at,
            current: current.map(Version::get),
            lagging: current.is_some() && line.acknowledged != current,
        }
    }
}
