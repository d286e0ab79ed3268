//! `VaultSecret`: secrets described declaratively, where each value comes from, when it rotates, and
//! whether a core Secret mirrors it.

mod data;
mod restart;
mod status;
mod sync;

use std::collections::BTreeMap;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use data::{
    Algorithm, Alphabet, BadSource, DataEntry, External, Generate, GenerateType, PUBLIC_KEY_SUFFIX, Remote,
    SecretKeyRef, Source,
};
pub use restart::{BadOnChange, OnChange, Restart, RestartWindow};
pub use status::{
    Consumers, KeyStatus, RemoteVersion, RetiringValue, ReturnedKey, SyncedSecret, VaultSecretStatus,
};
pub use sync::{SecretType, Sync};

use crate::{
    common::{DEFAULT_ENVIRONMENT, DeletionPolicy, VaultRef},
    rotation::Rotation,
    rule::rules,
};

/// What the user asks of a set of secrets.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "coffer.dev",
    version = "v1alpha1",
    kind = "VaultSecret",
    plural = "vaultsecrets",
    shortname = "cfs",
    category = "coffer",
    namespaced,
    status = "VaultSecretStatus",
    derive = "PartialEq",
    selectable = ".spec.vaultRef.name",
    doc = "A set of secrets in one environment of a Vault: where each value comes from, when generated values rotate, and whether a core Secret mirrors them. Values are never part of this object.",
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#, description = "Whether every value is in place"),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#, description = "Why, in one word"),
    printcolumn(name = "Vault", type_ = "string", json_path = ".spec.vaultRef.name", description = "The vault that holds the values"),
    printcolumn(name = "Environment", type_ = "string", json_path = ".status.environment", description = "The environment in effect"),
    printcolumn(name = "Keys", type_ = "integer", json_path = ".status.keyCount", description = "Number of secrets, public halves of key pairs included"),
    printcolumn(name = "Consumers", type_ = "string", json_path = ".status.consumers.summary", description = "Pods that hold the current versions, of all that hold any"),
    printcolumn(name = "Lagging", type_ = "string", json_path = ".status.consumers.laggards", priority = 1, description = "The pods that do not hold the current versions, and since when"),
    printcolumn(name = "Last rotation", type_ = "date", json_path = ".status.lastRotation", priority = 1, description = "Time since generated values were last replaced"),
    // Not of type date: kubectl prints a date as an age, and one in the future as <invalid>.
    printcolumn(name = "Next rotation", type_ = "string", json_path = ".status.nextRotation", priority = 1, description = "When generated values are due to be replaced"),
    printcolumn(name = "Remote", type_ = "string", json_path = r#".status.conditions[?(@.type=="RemoteCurrent")].reason"#, priority = 1, description = "Whether values of another server are the newest there, in one word"),
    printcolumn(name = "Message", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].message"#, priority = 1, description = "Why, in a sentence"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = spec_rules()))]
pub struct VaultSecretSpec {
    /// The Vault that holds the values.
    pub vault_ref: VaultRef,

    /// The environment of the vault. Absent: `default`. Cannot change.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,

    /// The secrets: from name to where the value comes from, such as `DB_PASSWORD: {generate: {type: password}}`.
    /// Names hold letters, digits, `_`, `-`, `.` and `/` (a path), at most 253 characters. Only names that are
    /// also names of variables (letters, digits and `_`) become variables under their own name.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 256))]
    #[schemars(extend("x-kubernetes-validations" = data::key_rules()))]
    // Boxed: a map's smallest node has room for eleven, and most objects declare one or two.
    pub data: BTreeMap<String, Box<DataEntry>>,

    /// When generated values are replaced. Values from other sources follow their source. Absent: never on schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,

    /// A core Secret in the same namespace that mirrors the values, for programs that can read nothing else.
    /// Absent: none; pods read the values through injection, without a Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync: Option<Sync>,

    /// What is done for pods that were started with an older version: `none`; `signal`, which has the agent signal the
    /// program that the pod's annotation `coffer.dev/signal` names; or `restart`, which restarts their workload in waves.
    /// The annotation `coffer.dev/on-change` of a pod template says otherwise for its pods. Absent: `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_change: Option<OnChange>,

    /// How workloads are restarted, wherever `restart` is asked for: here, or by a pod's annotation.
    /// Absent: at any hour, with five minutes to become ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<Restart>,

    /// What becomes of the values when this object is deleted: `Delete` makes them deleted versions, which can be
    /// recovered until they are destroyed; `Retain` leaves them as they are. Absent: `Delete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

fn spec_rules() -> serde_json::Value {
    let own = rules(&[
        (
            "(has(self.environment) ? self.environment : 'default') == (has(oldSelf.environment) ? oldSelf.environment : 'default')",
            "environment cannot change: create a new VaultSecret for the other environment, and delete this one",
        ),
        (
            "!has(self.rotation) || self.data.exists(k, has(self.data[k].generate))",
            "rotation replaces generated values, and data has none: remove rotation, or give an entry a generate source",
        ),
    ]);
    own.as_array()
        .into_iter()
        .flatten()
        .chain(sync::spec_rules().as_array().into_iter().flatten())
        .cloned()
        .collect()
}

impl VaultSecretSpec {
    /// The environment in effect.
    pub fn environment(&self) -> &str {
        self.environment.as_deref().unwrap_or(DEFAULT_ENVIRONMENT)
    }

    /// What deletion means, in effect.
    pub fn deletion_policy(&self) -> DeletionPolicy {
        self.deletion_policy.unwrap_or(DeletionPolicy::Delete)
    }

    /// The names of every secret that this object owns: its keys, and beside each key pair its public half.
    pub fn secret_names(&self) -> Vec<String> {
        let own = self.data.keys().cloned();
        let public = self
            .data
            .iter()
            .filter_map(|(key, entry)| entry.public_key_name(key));
        own.chain(public).collect()
    }
}
