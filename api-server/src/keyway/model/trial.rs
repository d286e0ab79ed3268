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
    /// As the command's library reads them.
    #[serde(flatten)]
    snake: SnakeTrialOut,
}

/// What a trial says a second time, in the words that the product's command reads.
#[derive(Debug, Serialize)]
struct SnakeTrialOut {
    days_remaining: Option<i64>,
    ends_at: Option<Moment>,
    trial_duration_days: i64,
}

impl TrialOut {
    /// Whether it runs.
    pub fn is_active(&self) -> bool {
        self.is_active
    }

    /// A trial, or that there was none, at `now`.
    pub fn of(trial: Option<Trial>, now: Timestamp) -> Self {
        const DAY: i64 = 24 * 60 * 60;
        let left = trial.map(|trial| (trial.ends().as_second() - now.as_second()).max(0));
        let snake = SnakeTrialOut {
            days_remaining: left.map(|left| (left + DAY - 1) / DAY),
            ends_at: trial.map(|trial| Moment(trial.ends())),
            trial_duration_days: TRIAL_DAYS,
        };
        Self {
            status: match left {
                None => "none",
                Some(0) => "expired",
                Some(_) => "active",
            },
            has_started: trial.is_some(),
            is_active: left.is_some_and(|left| left > 0),
            started_at: trial.map(|trial| Moment(trial.started)),
            ends_at: snake.ends_at,
            converted_at: None,
            days_remaining: snake.days_remaining,
            trial_duration_days: TRIAL_DAYS,
            snake,
        }
    }
}
