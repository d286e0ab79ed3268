//! The ledger: which pod holds which version.

use coffer_domain::{address::Version, usecase::consumers::Held};
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
    /// The first version it was sent, or an older one that was sent at the same time: what the variables of processes that
    /// were not started again since hold, at the oldest.
    started: u64,
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
    /// Whether it has not put the current version in place.
    lagging: bool,
    /// Since when, if it has not: since there is the current version, or since the pod was first sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = DateTime)]
    lagging_since: Option<Timestamp>,
    /// What is kept until nobody lags any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retiring: Option<RetiringOut>,
}

/// Versions that are on their way out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetiringOut {
    /// The oldest of them: all from this one up to the current one.
    version: u64,
    /// Since when there is a newer one.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// When they are retired at the latest.
    #[schema(value_type = String, format = DateTime)]
    deadline: Timestamp,
}

impl ConsumerOut {
    /// A line of the ledger.
    pub fn of(held: Held) -> Self {
        let Held {
            line,
            current,
            laggard,
            retiring,
        } = held;
        Self {
            name: line.name.into(),
            namespace: line.namespace,
            pod: line.pod,
            pod_uid: line.pod_uid,
            started: line.started.get(),
            delivered: line.delivered.get(),
            delivered_at: line.delivered_at,
            acknowledged: line.acknowledged.map(Version::get),
            acknowledged_at: line.acknowledged_at,
            current: current.map(Version::get),
            lagging: laggard.is_some(),
            lagging_since: laggard.map(|laggard| laggard.since),
            retiring: retiring.map(|(retiring, deadline)| RetiringOut {
                version: retiring.oldest.get(),
                since: retiring.since,
                deadline,
            }),
        }
    }
}
