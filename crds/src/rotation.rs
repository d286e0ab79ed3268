//! When values rotate: a cron schedule in a time zone, or an interval. The expressions stay text: the
//! operator reads them and reports bad ones by a condition.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{duration::Duration, rule};

/// When generated values are replaced by new ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rule::timing(&[rule::DEADLINE])))]
pub struct Rotation {
    /// Cron expression of five fields: minute, hour, day of month, month, day of week. `0 3 * * 0` rotates on
    /// Sundays at three. Runs that were missed while the operator was down are made up for once, not once each.
    /// Give either this or `every`.
    #[schemars(length(min = 9, max = 128))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,

    /// Interval since the last rotation, or since the value was made: `24h`, `30d`, `90m`, `1h30m`.
    /// Give either this or `schedule`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,

    /// IANA time zone in which `schedule` is read, such as `Europe/Berlin`. Absent: UTC.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z][A-Za-z0-9_+/-]*$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,

    /// `true`: the value before is retired (deleted; recoverable) when every live pod that received it has put the new
    /// one in place, or at `deadline`, or by `coffer rotate --force`; until then it can be read by its version, and the
    /// next rotation waits. `status.retiring` names who lags. Absent: values before stay until somebody deletes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_after_ack: Option<bool>,

    /// With `onlyAfterAck`: how long pods that lag hold it up, at most, such as `2h`. Absent: `24h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Duration>,
}

/// When a rotation is due, once it is known to be one of the two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing<'a> {
    /// At the times of a cron expression.
    Schedule {
        /// Five fields, unread.
        cron: &'a str,
        /// IANA name, unread; `UTC` when the user gave none.
        time_zone: &'a str,
    },
    /// That long after the last time.
    Every(&'a Duration),
}

/// The rotation says neither or both ways. The schema refuses such objects; this is for those that got by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("rotation needs exactly one of schedule and every")]
pub struct BadTiming;

impl Rotation {
    /// When to rotate.
    pub fn timing(&self) -> Result<Timing<'_>, BadTiming> {
        timing(
            self.schedule.as_deref(),
            self.every.as_ref(),
            self.time_zone.as_deref(),
        )
    }

    /// How long, in seconds, the value before is kept for pods that lag; `None`: it waits for nobody.
    pub fn patience_seconds(&self) -> Option<u64> {
        patience(self.only_after_ack, self.deadline.as_ref())
    }
}

/// How long, in seconds, the value before is kept for pods that lag; `None`: it waits for nobody.
pub(crate) fn patience(only_after_ack: Option<bool>, deadline: Option<&Duration>) -> Option<u64> {
    let waits = only_after_ack == Some(true);
    waits.then(|| deadline.map_or(86_400, Duration::to_seconds))
}

/// When to rotate, from the three fields that every rotation has.
pub(crate) fn timing<'a>(
    schedule: Option<&'a str>,
    every: Option<&'a Duration>,
    time_zone: Option<&'a str>,
) -> Result<Timing<'a>, BadTiming> {
    match (schedule, every) {
        (Some(cron), None) => Ok(Timing::Schedule {
            cron,
            time_zone: time_zone.unwrap_or("UTC"),
        }),
        (None, Some(every)) => Ok(Timing::Every(every)),
        _ => Err(BadTiming),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_waits_only_if_it_is_told_to() {
        let hour: Duration = serde_json::from_str("\"1h\"").unwrap();
        for (told, deadline, expected) in [
            (None, None, None),
            (Some(false), None, None),
            (Some(true), None, Some(86_400)),
            (Some(true), Some(&hour), Some(3_600)),
            // The schema refuses it.
            (None, Some(&hour), None),
        ] {
            assert_eq!(patience(told, deadline), expected);
        }
    }
}
