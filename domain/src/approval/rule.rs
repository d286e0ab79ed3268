//! When a request needs no person: who asks, for what, at which time of day.

use std::str::FromStr;

use jiff::{
    Timestamp,
    civil::Time,
    tz::{self, TimeZone},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Operation;

/// A rule by which requests are granted at once. Everything that it names must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AutoApprove {
    /// Whether it counts.
    pub enabled: bool,
    /// At which time of day.
    pub window: Option<Window>,
    /// For which keys, by id or label; none: for all.
    pub requesters: Vec<String>,
    /// For what; none: for all.
    pub operations: Vec<Operation>,
}

impl AutoApprove {
    /// Whether it grants this, to a key that is called one of `names`.
    pub fn grants(&self, operation: Operation, names: &[String], now: Timestamp) -> bool {
        self.enabled
            && (self.operations.is_empty() || self.operations.contains(&operation))
            && (self.requesters.is_empty() || self.requesters.iter().any(|it| names.contains(it)))
            && self.window.as_ref().is_none_or(|window| window.holds(now))
    }
}

/// A time of day: `09:00-17:00 PST`, `22:00-06:00 Europe/Berlin`; without a zone, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    text: String,
    from: Time,
    until: Time,
    zone: TimeZone,
}

/// Not of that form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be two times of day and a time zone such as 09:00-17:00 UTC")]
pub struct BadWindow;

/// What people write for a zone that is no name of one, in hours from UTC.
const ABBREVIATIONS: [(&str, i8); 10] = [
    ("PST", -8),
    ("PDT", -7),
    ("MST", -7),
    ("MDT", -6),
    ("CST", -6),
    ("CDT", -5),
    ("EST", -5),
    ("EDT", -4),
    ("CET", 1),
    ("CEST", 2),
];

fn zone(text: &str) -> Option<TimeZone> {
    let short = ABBREVIATIONS.iter().find(|(name, _)| *name == text);
    match short {
        Some((_, hours)) => Some(TimeZone::fixed(tz::offset(*hours))),
        None => TimeZone::get(text).ok(),
    }
}

impl FromStr for Window {
    type Err = BadWindow;

    fn from_str(text: &str) -> Result<Self, BadWindow> {
        let (times, name) = text.trim().split_once(' ').unwrap_or((text.trim(), "UTC"));
        let (from, until) = times.split_once('-').ok_or(BadWindow)?;
        let time = |text: &str| Time::strptime("%H:%M", text).map_err(|_| BadWindow);
        Ok(Self {
            text: text.to_owned(),
            from: time(from)?,
            until: time(until)?,
            zone: zone(name).ok_or(BadWindow)?,
        })
    }
}

impl TryFrom<String> for Window {
    type Error = BadWindow;

    fn try_from(text: String) -> Result<Self, BadWindow> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.text
    }
}

impl Window {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `now` is within it. One that ends before it begins goes over midnight.
    pub fn holds(&self, now: Timestamp) -> bool {
        let now = now.to_zoned(self.zone.clone()).time();
        if self.from <= self.until {
            self.from <= now && now < self.until
        } else {
            self.from <= now || now < self.until
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_that_of_its_zone() {
        let at: Timestamp = "2026-01-01T18:30:00Z".parse().unwrap();
        for (text, holds) in [
            ("18:00-19:00", true),
            ("18:00-19:00 UTC", true),
            ("09:00-17:00 PST", true),
            ("09:00-17:00 UTC", false),
            ("19:00-20:00 Europe/Berlin", true),
            ("22:00-19:00 UTC", true),
            ("22:00-18:30 UTC", false),
        ] {
            assert_eq!(text.parse::<Window>().unwrap().holds(at), holds, "{text}");
        }
        for text in ["", "9-17", "09:00", "09:00-25:00", "09:00-17:00 Nowhere/Else"] {
            assert_eq!(text.parse::<Window>(), Err(BadWindow), "{text}");
        }
    }

    #[test]
    fn everything_that_a_rule_names_must_hold() {
        let at: Timestamp = "2026-01-01T18:30:00Z".parse().unwrap();
        let rule = AutoApprove {
            enabled: true,
            window: None,
            requesters: vec!["agent".into()],
            operations: vec![Operation::Read],
        };
        let names = ["agent".to_owned()];
        assert!(rule.grants(Operation::Read, &names, at));
        assert!(!rule.grants(Operation::Write, &names, at));
        assert!(!rule.grants(Operation::Read, &["other".to_owned()], at));
        let off = AutoApprove {
            enabled: false,
            ..rule
        };
        assert!(!off.grants(Operation::Read, &names, at));
    }
}
