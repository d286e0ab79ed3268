//! What an explanation is made from. Plain data: nothing here asks anybody.

use std::collections::BTreeMap;

use coffer_crds::{Vault, VaultSecret};
use coffer_injector::known::Index;
use serde_json::Value;

use super::report::Object;

/// What was read, or why it could not be.
pub type Read<T> = Result<T, String>;

/// What is to be explained.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Which object.
    pub object: Object,
    /// The pod that it is, or makes: `metadata` and `spec`.
    pub pod: Value,
    /// The whole object, if it is in the cluster.
    pub live: Option<Value>,
}

impl Subject {
    /// A pod that is in the cluster.
    pub fn live_pod(&self) -> Option<&Value> {
        self.live.as_ref().filter(|_| self.object.kind == "Pod")
    }
}

/// A line of the server's ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The secret.
    pub name: String,
    /// The pod's uid.
    pub pod_uid: String,
    /// The version in place.
    pub acknowledged: Option<u64>,
    /// The version it was given first.
    pub started: Option<u64>,
    /// The current version.
    pub current: Option<u64>,
}

/// What the cluster and the server say.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The vaults of the namespace that the pod's vault is in.
    pub vaults: Read<Vec<Vault>>,
    /// The `VaultSecret`s there.
    pub secrets: Read<Vec<VaultSecret>>,
    /// The labels of the pod's namespace.
    pub namespace: Read<BTreeMap<String, String>>,
    /// The webhook's entry in its configuration; `None`: there is none.
    pub webhook: Read<Option<Value>>,
    /// Events about the object and its pods.
    pub events: Read<Vec<Value>>,
    /// The ledger of the pod's vault and environment; `None`: nobody asked the server.
    pub ledger: Option<Read<Vec<Line>>>,
}

impl Facts {
    /// The names as the injector knows them.
    pub fn index(&self) -> Index {
        let mut index = Index::default();
        for vault in self.vaults.iter().flatten() {
            let name = name(vault.metadata.namespace.as_ref(), vault.metadata.name.as_ref());
            index.put_vault(name, &vault.spec);
        }
        for secret in self.secrets.iter().flatten() {
            let name = name(secret.metadata.namespace.as_ref(), secret.metadata.name.as_ref());
            index.put_secret(name, &secret.spec);
        }
        index
    }

    /// What could not be read.
    pub fn not_read(&self) -> Vec<String> {
        let ledger = self.ledger.as_ref().and_then(|read| read.as_ref().err());
        let all = [
            ("vaults", self.vaults.as_ref().err()),
            ("vaultsecrets", self.secrets.as_ref().err()),
            ("namespace", self.namespace.as_ref().err()),
            ("webhook", self.webhook.as_ref().err()),
            ("events", self.events.as_ref().err()),
            ("ledger", ledger),
        ];
        let told = all.into_iter().filter_map(|(what, why)| Some((what, why?)));
        told.map(|(what, why)| format!("{what}: {why}")).collect()
    }
}

fn name(namespace: Option<&String>, name: Option<&String>) -> (String, String) {
    (
        namespace.cloned().unwrap_or_default(),
        name.cloned().unwrap_or_default(),
    )
}
