//! What the operator reports of a `VaultSecret`: names, versions and times, never a value or a hash of one.

use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{Condition, MicroTime, Time},
    jiff::Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lagging::{LaggingKey, LaggingPod};

/// What the operator reports of a set of secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VaultSecretStatus {
    /// The `metadata.generation` that this status speaks of; older than the object's own: not yet looked at.
    #[serde(
        default,
        deserialize_with = "crate::common::observed",
        skip_serializing_if = "Option::is_none"
    )]
    pub observed_generation: Option<i64>,

    /// Ready, Reconciling and Stalled, in the way of kstatus; Synced, when `spec.sync` is given; `EnvFileCompatible`,
    /// which names the secrets that cannot become variables as they are, and the ways out; `RemoteCurrent`, when
    /// there are `remote` entries: False when a value is the last good one, and not known to be the newest;
    /// `RolledOut`, where workloads are restarted for the values: whether all of them run with the current ones; and
    /// `RolledBack`, which names the workload that did not become ready, after a return to the versions before.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,

    /// The environment in effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,

    /// Number of entries in `keys`, so that a column can show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_count: Option<u32>,

    /// The secrets and their current versions.
    #[schemars(length(max = 512), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyStatus>,

    /// When generated values were last replaced, by schedule or by hand. Absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rotation: Option<Time>,

    /// When generated values are due to be replaced. Absent: no schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_rotation: Option<Time>,

    /// Values before the current ones that are on their way out, with `rotation.onlyAfterAck`, and what they wait for.
    #[schemars(length(max = 512), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retiring: Vec<RetiringValue>,

    /// How many pods hold the values, and how many of them the current ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumers: Option<Consumers>,

    /// The secrets whose current version holds the value of an earlier one again, because a workload that was restarted
    /// for the version between them did not become ready.
    #[schemars(length(max = 512), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returned: Vec<ReturnedKey>,

    /// The core Secret that mirrors the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synced_secret: Option<SyncedSecret>,
}

/// One secret and its current version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyStatus {
    /// Name of the secret: a key of `spec.data`, or one with `.pub` at the end for a public key.
    #[schemars(length(max = 257))]
    pub name: String,

    /// Number of the current version, from 1. Absent: no value yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,

    /// When the current version was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Time>,

    /// What a `remote` entry's current version was copied from. Absent: nothing was copied yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteVersion>,
}

/// A version on another server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemoteVersion {
    /// The entry's URI when it was copied.
    #[schemars(length(max = 2048))]
    pub uri: String,

    /// The version's number there.
    pub version: u64,

    /// When it was written there: a secret that was erased and written anew starts again at version 1.
    pub created: MicroTime,
}

/// A secret that was returned to an earlier value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnedKey {
    /// Name of the secret.
    #[schemars(length(max = 257))]
    pub name: String,

    /// The version whose value holds again.
    pub from: u64,

    /// The version with which a workload did not become ready.
    pub failed: u64,

    /// The version that holds the value of `from` again.
    pub version: u64,

    /// The workload, such as `Deployment shop/web`.
    #[schemars(length(max = 512))]
    pub workload: String,

    /// When it was returned.
    pub at: Time,
}

/// A value that goes when every live pod has put the current one in place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetiringValue {
    /// Name of the secret.
    #[schemars(length(max = 257))]
    pub name: String,

    /// Number of the oldest version that can still be read for it.
    pub version: u64,

    /// Since when there is a newer one.
    pub since: Time,

    /// When it goes at the latest.
    pub deadline: Time,

    /// How many live pods have not put the current version in place.
    pub waiting: u32,

    /// The first of them, those that lag longest first.
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<LaggingPod>,
}

/// Pods that received values and acknowledged them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consumers {
    /// Live pods that hold any version.
    pub total: u32,

    /// Those that acknowledged the current version of all they use.
    pub current: u32,

    /// The others, still on an older version of something.
    pub lagging: u32,

    /// `current/total`, such as `3/3`, so that a column can show it.
    pub summary: String,

    /// Who lags, and since when, in a line, so that a column can show it: `web-1 since 2026-01-01T03:00:01Z, 2 more`.
    /// Absent: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laggards: Option<String>,

    /// What the pods that lag hold instead, those that lag longest first; no more than 32 lines, one for each pod and
    /// secret. Absent: nobody lags.
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<LaggingKey>,
}

/// The core Secret that the operator wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncedSecret {
    /// Its name.
    pub name: String,

    /// Its uid; one that differs is another Secret of the same name, and not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
}

impl RemoteVersion {
    /// Of a version that was written at `created`, to the microsecond, as it is read back.
    pub fn new(uri: String, version: u64, created: Timestamp) -> Self {
        let micros = Timestamp::from_microsecond(created.as_microsecond());
        Self {
            uri,
            version,
            created: MicroTime(micros.unwrap_or(created)),
        }
    }
}

impl Consumers {
    /// The summary of `current` pods out of `total`.
    pub fn new(current: u32, total: u32) -> Self {
        let current = current.min(total);
        Self {
            total,
            current,
            lagging: total - current,
            summary: format!("{current}/{total}"),
            laggards: None,
            behind: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consumers_add_up() {
        let some = Consumers::new(2, 3);
        assert_eq!((some.current, some.lagging, some.summary.as_str()), (2, 1, "2/3"));
        assert_eq!(Consumers::new(5, 3).lagging, 0);
    }
}
