//! How a value gives way to the next one: the versions before stay readable until every live consumer has put the
//! current one in place, but no longer than a deadline. Knows the ledger, and nothing of values or of pods beyond it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{address::Version, entity::Consumer};

/// What a secret does about the version before, once there is a newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Succession {
    /// How long it waits for consumers that lag, at most, in seconds.
    pub patience: u64,
    /// What it is waiting with now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retiring: Option<Retiring>,
}

/// Versions that are on their way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Retiring {
    /// The oldest of them: all from this one up to the current one, which is none of them.
    pub oldest: Version,
    /// Since when there is a newer one.
    pub since: Timestamp,
}

impl Succession {
    /// One that waits for nothing yet.
    pub fn new(patience: Duration) -> Self {
        Self {
            patience: patience.as_secs(),
            retiring: None,
        }
    }

    /// After a write over `current` at `now`. One that waits already goes on waiting: since the same time, so that
    /// nothing puts its deadline off.
    #[must_use]
    pub fn after_write(self, current: Option<Version>, now: Timestamp) -> Self {
        let begun = current.map(|oldest| Retiring { oldest, since: now });
        Self {
            retiring: self.retiring.or(begun),
            ..self
        }
    }

    /// When what began at `since` is over at the latest.
    pub fn deadline(&self, since: Timestamp) -> Timestamp {
        let patience = i64::try_from(self.patience).unwrap_or(i64::MAX);
        since
            .saturating_add(SignedDuration::from_secs(patience))
            .unwrap_or(Timestamp::MAX)
    }
}

/// A consumer that has not put the current version in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laggard {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// The pod's uid.
    pub pod_uid: String,
    /// The version that it has put in place; `None`: none, as far as it said.
    pub holds: Option<Version>,
    /// Since when it could have put the current one in place.
    pub since: Timestamp,
}

impl Laggard {
    /// The consumer of this line, if it lags behind `current`, which was written at `changed`.
    pub fn of(line: &Consumer, current: Version, changed: Timestamp) -> Option<Self> {
        if line.acknowledged >= Some(current) {
            return None;
        }
        let new_here = line.acknowledged.is_none() && line.delivered >= current;
        let since = if new_here {
            changed.max(line.delivered_at)
        } else {
            changed
        };
        Some(Self {
            namespace: line.namespace.clone(),
            pod: line.pod.clone(),
            pod_uid: line.pod_uid.clone(),
            holds: line.acknowledged,
            since,
        })
    }
}

/// Why versions are retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Every live consumer has put the current version in place.
    Acknowledged,
    /// The time is over.
    Deadline,
    /// Somebody said so.
    Forced,
}

impl Cause {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Deadline => "deadline",
            Self::Forced => "forced",
        }
    }
}

/// What becomes of versions on their way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing holds them any more, or nothing may.
    Retire(Cause),
    /// Live consumers hold them.
    Wait,
}

/// Decides: who lags (among live consumers), until when they may, and whether somebody has had enough.
pub fn decide(laggards: &[Laggard], deadline: Timestamp, now: Timestamp, forced: bool) -> Verdict {
    if laggards.is_empty() {
        Verdict::Retire(Cause::Acknowledged)
    } else if forced {
        Verdict::Retire(Cause::Forced)
    } else if deadline <= now {
        Verdict::Retire(Cause::Deadline)
    } else {
        Verdict::Wait
    }
}

#[cfg(test)]
#[path = "succession_tests.rs"]
mod tests;
