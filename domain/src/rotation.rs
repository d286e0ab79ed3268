//! When something is due to be rotated. Schedules missed while nobody looked count once.

use std::time::Duration;

use cronexpr::{Crontab, FallbackTimezoneOption, MakeTimestamp, ParseOptions};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// The shortest `every`: faster than pods can follow is a mistake.
pub const SHORTEST_PERIOD: Duration = Duration::from_secs(1);

/// When to rotate.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// At the times of a cron expression (five fields) in a time zone.
    Cron(Box<Crontab>),
    /// This long after the last time.
    Every(Duration),
}

/// Why there is no schedule in a text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadSchedule {
    /// Not a cron expression.
    #[error(
        "schedule: {expression:?} is not a cron expression of five fields (minute hour day month weekday, such as \"0 3 * * 1\"): {reason}"
    )]
    Cron {
        /// As it was written.
        expression: String,
        /// What the parser says.
        reason: String,
    },
    /// Not a time zone.
    #[error("timeZone: {0:?} is not an IANA time zone, such as \"Europe/Berlin\"")]
    TimeZone(String),
    /// Shorter than [`SHORTEST_PERIOD`].
    #[error("every: the shortest period is 1s")]
    TooShort,
}

impl Schedule {
    /// A cron schedule; without a time zone, in UTC.
    pub fn cron(expression: &str, time_zone: Option<&str>) -> Result<Self, BadSchedule> {
        let zone = time_zone.unwrap_or("UTC");
        jiff::tz::TimeZone::get(zone).map_err(|_| BadSchedule::TimeZone(zone.to_owned()))?;
        let bad = |reason: String| BadSchedule::Cron {
            expression: expression.to_owned(),
            reason,
        };
        let fields = expression.split_whitespace().count();
        if fields != 5 {
            return Err(bad(format!("it has {fields} fields")));
        }
        let mut options = ParseOptions::default();
        options.fallback_timezone_option = FallbackTimezoneOption::UTC;
        let crontab = cronexpr::parse_crontab_with(&format!("{expression} {zone}"), options)
            .map_err(|error| bad(last_line(&error.to_string())))?;
        Ok(Self::Cron(Box::new(crontab)))
    }

    /// A period.
    pub fn every(period: Duration) -> Result<Self, BadSchedule> {
        if period < SHORTEST_PERIOD {
            Err(BadSchedule::TooShort)
        } else {
            Ok(Self::Every(period))
        }
    }

    /// The first time after `last`; `None` if there is none any more.
    pub fn next_after(&self, last: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(crontab) => crontab
                .find_next(MakeTimestamp(last))
                .ok()
                .map(|zoned| zoned.timestamp()),
            Self::Every(period) => last.checked_add(SignedDuration::try_from(*period).ok()?).ok(),
        }
    }

    /// Whether a rotation is due now, when the last one was at `last`: one, however many were missed.
    pub fn is_due(&self, last: Timestamp, now: Timestamp) -> bool {
        self.next_after(last).is_some_and(|next| next <= now)
    }
}

/// The parser's message shows the expression and a marker first; its last line says what is wrong.
fn last_line(message: &str) -> String {
    message
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("not understood")
        .trim_start_matches('^')
        .trim()
        .to_owned()
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
