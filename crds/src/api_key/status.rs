//! What the operator reports of an `ApiKey`: ids and times.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lagging::LaggingPod;

/// What the operator reports of an API key. Never the key itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyStatus {
    /// The `metadata.generation` that this status speaks of; older than the object's own: not yet looked at.
    #[serde(
        default,
        deserialize_with = "crate::common::observed",
        skip_serializing_if = "Option::is_none"
    )]
    pub observed_generation: Option<i64>,

    /// Ready, Reconciling and Stalled, in the way of kstatus.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,

    /// The environment in effect; `*` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,

    /// Public id of the current key, as audit records name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,

    /// When the current key was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,

    /// When the current key stops working. Absent: it does not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,

    /// When the key was last replaced. Absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rotation: Option<Time>,

    /// When the key is due to be replaced. Absent: no schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_rotation: Option<Time>,

    /// The key before the current one, while it still works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousKey>,
}

/// A replaced key that still works for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviousKey {
    /// Its public id.
    pub key_id: String,

    /// When it stops working at the latest.
    pub valid_until: Time,

    /// How many live pods have not put its successor in place, with `rotation.onlyAfterAck`: it stops working when there
    /// are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u32>,

    /// Who they are, and since when they lag, in a line, so that a column can show it: `web-1 since 2026-01-01T03:00:01Z`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lagging: Option<String>,

    /// The first of them, those that lag longest first.
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<LaggingPod>,
}
