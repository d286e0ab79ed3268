//! The keys that values are sealed to: when a vault's is replaced, and what its status says of them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    duration::Duration,
    rotation::{BadTiming, Timing, timing},
    rule::rules,
};

/// The most older keys that a status lists.
pub const MOST_LISTED_KEYS: usize = 32;

/// When the key that values are sealed to is replaced by a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules(&[
    (
        "has(self.schedule) != has(self.every)",
        "keyRotation needs exactly one of schedule and every",
    ),
    (
        "!has(self.timeZone) || has(self.schedule)",
        "keyRotation.timeZone belongs to keyRotation.schedule: remove it, or give a schedule instead of every",
    ),
    (
        r"!has(self.schedule) || self.schedule.matches('^\\s*\\S+(\\s+\\S+){4}\\s*$')",
        "keyRotation.schedule must have five fields: minute hour day-of-month month day-of-week, such as 0 3 1 * *",
    ),
])))]
pub struct KeyRotation {
    /// Cron expression of five fields: minute, hour, day of month, month, day of week. `0 3 1 * *` makes a new key
    /// on the first of each month at three. Give either this or `every`.
    #[schemars(length(min = 9, max = 128))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,

    /// Interval since the last key was made: `30d`, `720h`. Give either this or `schedule`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,

    /// IANA time zone in which `schedule` is read, such as `Europe/Berlin`. Absent: UTC.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z][A-Za-z0-9_+/-]*$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

impl KeyRotation {
    /// When to make a new key.
    pub fn timing(&self) -> Result<Timing<'_>, BadTiming> {
        timing(
            self.schedule.as_deref(),
            self.every.as_ref(),
            self.time_zone.as_deref(),
        )
    }
}

/// The keys that values can be sealed to. All of it is public.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SealingStatus {
    /// The public key to seal to, as `coffer seal --public-key` takes it: `coffer-seal-key:v1:team/app:…`.
    pub public_key: String,

    /// Its short name, as a sealed value bears it.
    pub key_id: String,

    /// When the next key is due. Absent: no schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_rotation: Option<Time>,

    /// How many keys there are: every one of them still opens what was sealed to it.
    pub count: u32,

    /// The newest keys, that one included, newest first, at most 32.
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub keys: Vec<SealingKeyStatus>,
}

/// One key that values can be, or could once be, sealed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SealingKeyStatus {
    /// Its short name.
    pub id: String,

    /// When it was made.
    pub created: Time,
}
