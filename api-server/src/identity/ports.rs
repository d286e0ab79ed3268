//! What workload identity asks of a cluster. The operator implements these over its watches.

use async_trait::async_trait;
use coffer_domain::{address::Place, principal::Workload, usecase::consumers::Wanted};
use thiserror::Error;
use tokio::sync::watch;

use super::KeysError;

/// Where the cluster publishes the keys that sign service-account tokens.
#[async_trait]
pub trait ClusterKeys: Send + Sync {
    /// The present key set, as JSON (RFC 7517, section 5). Called rarely: its answers are kept.
    async fn fetch(&self) -> Result<String, KeysError>;
}

/// It cannot be told now whether a pod runs.
#[derive(Debug, Error)]
#[error("cannot tell whether the pod runs: {0}")]
pub struct LivenessError(pub String);

/// Which pods run.
#[async_trait]
pub trait LivePods: Send + Sync {
    /// Whether this very pod, by uid, runs now. Asked for each request and each delivery: answer from memory.
    async fn is_live(&self, namespace: &str, name: &str, uid: &str) -> Result<bool, LivenessError>;

    /// Turns `true` when this very pod is being deleted; it runs on until its containers have ended. Where that cannot
    /// be known, the sender may be gone.
    fn leaving(&self, uid: &str) -> watch::Receiver<bool>;
}

/// Where it is told what became of a pod's wishes.
pub trait Notices: Send + Sync {
    /// It was refused; people see it beside the pod. `message` says why, and how to mend it; it holds no value. The same may be told many times.
    fn refused(&self, workload: &Workload, message: &str);

    /// The pod holds what it wants, and asks that pods like it can be started with that while nobody answers them, for
    /// `max_stale` seconds. Told again at each sign of life; who keeps no bundles leaves it.
    fn wants_bundle(&self, _workload: &Workload, _place: &Place, _wanted: &Wanted, _max_stale: u64) {}
}
