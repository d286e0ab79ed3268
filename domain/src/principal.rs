//! Who acts.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ApiKeyId, OrgId},
    name::Label,
    rights::Grant,
};

/// Whoever asks, as authenticated at the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A program or person with an API key.
    ApiKey(KeyHolder),
    /// A pod, by its service account.
    Workload(Workload),
    /// Our own controllers, acting on what the Kubernetes API server authorised (`kubectl apply`).
    Controller,
}

/// The holder of an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    /// Which key.
    pub id: ApiKeyId,
    /// Its label.
    pub name: Label,
    /// The tenant it belongs to: it reaches no other.
    pub organization: OrgId,
    /// What it may do.
    pub grants: Vec<Grant>,
}

/// A live pod, from a verified, pod-bound service-account token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Workload {
    /// Namespace of the pod.
    pub namespace: String,
    /// Its service account.
    pub service_account: String,
    /// The pod's name.
    pub pod: String,
    /// The pod's uid.
    pub pod_uid: String,
}

impl Principal {
    /// How the audit log names it: `key:<id>`, `pod:<namespace>/<name>@<service account>`, `controller`.
    pub fn describe(&self) -> String {
        match self {
            Self::ApiKey(key) => format!("key:{}", key.id),
            Self::Workload(w) => format!("pod:{}/{}@{}", w.namespace, w.pod, w.service_account),
            Self::Controller => "controller".to_owned(),
        }
    }

    /// The grants it could hand on: all of them for our controllers.
    pub fn grants(&self) -> Vec<Grant> {
        match self {
            Self::ApiKey(key) => key.grants.clone(),
            Self::Workload(_) => Vec::new(),
            Self::Controller => vec![Grant::administrator()],
        }
    }
}
