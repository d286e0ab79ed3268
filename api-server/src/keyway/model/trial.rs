//! Trials.

use coffer_domain::usecase::keyway::{TRIAL_DAYS, Trial};
use jiff::Timestamp;
use serde::Serialize;

use super::Moment;

/// An organization's trial.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrialOut {
    status: &'static str,
    has_started: bool,
    is_active: bool,
    started_at: Option<Moment>,
    ends_at: Option<Moment>,
    converted_at: Option<Moment>,
    days_remaining: Option<i64>,
    trial_duration_days: i64,
}

impl TrialOut {
    /// A trial, or that there was none, at `now`.
    pub fn of(trial: Option<Trial>, now: Timestamp) -> Self {
        const DAY: i64 = 24 * 60 * 60;
        let left = trial.map(|trial| (trial.ends().as_second() - now.as_second()).max(0));
        Self {
            status: match left {
                None => "none",
                Some(0) => "expired",
                Some(_) => "active",
            },
            has_started: trial.is_some(),
            is_active: left.is_some_and(|left| left > 0),
            started_at: trial.map(|trial| Moment(trial.started)),
            ends_at: trial.map(|trial| Moment(trial.ends())),
            converted_at: None,
            days_remaining: left.map(|left| (left + DAY - 1) / DAY),
            trial_duration_days: TRIAL_DAYS,
        }
    }
}
