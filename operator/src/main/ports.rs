//! What the API server asks of the cluster, answered by the operator's rooms.

use std::sync::Arc;

use async_trait::async_trait;
use coffer_api_server::{
    identity::{ClusterKeys, KeysError, LivePods, LivenessError, Notices},
    tls::{AuthorityStore, TlsError},
};
use coffer_domain::{
    address::Place, principal::Workload, secret_value::SecretValue, usecase::consumers::Wanted,
};
use coffer_operator::{authority::ClusterAuthority, bundle::Desk, keys, notices, pods::Pods};
use kube::Client;
use tokio::sync::watch;

/// The cluster's keys, from its API server.
pub struct Keys(pub Client);

#[async_trait]
impl ClusterKeys for Keys {
    async fn fetch(&self) -> Result<String, KeysError> {
        keys::key_set(&self.0)
            .await
            .map_err(|error| KeysError(error.to_string()))
    }
}

/// Pods that run, from the watch.
pub struct Live(pub Arc<Pods>);

#[async_trait]
impl LivePods for Live {
    async fn is_live(&self, namespace: &str, name: &str, uid: &str) -> Result<bool, LivenessError> {
        self.0
            .is_live(namespace, name, uid)
            .await
            .map_err(|error| LivenessError(error.to_string()))
    }

    fn leaving(&self, uid: &str) -> watch::Receiver<bool> {
        self.0.leaving(uid)
    }
}

/// Refusals, as Events on pods; wishes for bundles, to who keeps them.
pub struct Told {
    pub refusals: notices::Notices,
    pub bundles: Option<Arc<Desk>>,
}

impl Notices for Told {
    fn refused(&self, workload: &Workload, message: &str) {
        tracing::info!(
            namespace = workload.namespace,
            pod = workload.pod,
            message,
            "a delivery was refused"
        );
        self.refusals.refused(workload, message);
    }

    fn wants_bundle(&self, workload: &Workload, place: &Place, wanted: &Wanted, max_stale: u64) {
        if let Some(bundles) = &self.bundles {
            bundles.asked(workload, place, wanted, max_stale);
        }
    }
}

/// The authority, in the operator's own namespace.
pub struct Kept(pub Arc<ClusterAuthority>);

#[async_trait]
impl AuthorityStore for Kept {
    async fn load(&self) -> Result<Option<SecretValue>, TlsError> {
        self.0
            .load()
            .await
            .map_err(|error| TlsError::Store(error.to_string()))
    }

    async fn save(&self, authority: &SecretValue, bundle: &str) -> Result<(), TlsError> {
        self.0
            .save(authority, bundle)
            .await
            .map_err(|error| TlsError::Store(error.to_string()))
    }
}
