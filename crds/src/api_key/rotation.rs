//! `spec.rotation` of an API key: as other rotations, and how long the key before still works.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    duration::Duration,
    rotation::{self, BadTiming, Timing},
    rule,
};

/// The key before ends either after a while or when its successor has arrived.
const NO_OVERLAP: (&str, &str) = (
    "!has(self.overlap) || !has(self.onlyAfterAck) || !self.onlyAfterAck",
    "rotation.overlap does not go with rotation.onlyAfterAck, which ends the previous key by itself: remove it, or give deadline instead",
);

/// When a key is replaced, and how long the one before it still works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rule::timing(&[rule::DEADLINE, NO_OVERLAP])))]
pub struct ApiKeyRotation {
    /// Cron expression of five fields: minute, hour, day of month, month, day of week. `0 3 1 * *` rotates on the first
    /// of each month at three. Runs that were missed while the operator was down are made up for once, not once each.
    /// Give either this or `every`.
    #[schemars(length(min = 9, max = 128))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,

    /// Interval since the current key was made: `24h`, `30d`, `90m`. Give either this or `schedule`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,

    /// IANA time zone in which `schedule` is read, such as `Europe/Berlin`. Absent: UTC.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z][A-Za-z0-9_+/-]*$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,

    /// How long the previous key still works beside the new one, such as `15m`. Absent: `1h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Duration>,

    /// `true`: the previous key works until every live pod that received it through `writeTo.vaultKey` has put the new
    /// one in place, or until `deadline`, or until `coffer rotate --force`; the next rotation waits that long.
    /// `status.previous` names who lags. Needs `writeTo.vaultKey`, and goes without `overlap`. Absent: `overlap` counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_after_ack: Option<bool>,

    /// With `onlyAfterAck`: how long pods that lag keep the previous key alive, at most, such as `2h`. Absent: `24h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Duration>,
}

impl ApiKeyRotation {
    /// When to rotate.
    pub fn timing(&self) -> Result<Timing<'_>, BadTiming> {
        rotation::timing(
            self.schedule.as_deref(),
            self.every.as_ref(),
            self.time_zone.as_deref(),
        )
    }

    /// How long the previous key still works at most, in seconds, in effect.
    pub fn overlap_seconds(&self) -> u64 {
        let overlap = || self.overlap.as_ref().map_or(3_600, Duration::to_seconds);
        self.patience_seconds().unwrap_or_else(overlap)
    }

    /// How long, in seconds, the previous key works for pods that lag; `None`: it waits for nobody.
    pub fn patience_seconds(&self) -> Option<u64> {
        rotation::patience(self.only_after_ack, self.deadline.as_ref())
    }
}
