//! Hours in which something may happen: from one time of day to another, on some days of the week, in a time zone.

use jiff::{
    Timestamp, ToSpan, Zoned,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};
use thiserror::Error;

/// Hours of some days of the week.
#[derive(Debug, Clone)]
pub struct Window {
    /// The days on which it opens; none is every day.
    days: Vec<Weekday>,
    start: Time,
    end: Time,
    zone: TimeZone,
}

/// Why there is no window in what was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadWindow {
    /// Not a day of the week.
    #[error("days: {0:?} is not a day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun")]
    Day(String),
    /// Not a time of day.
    #[error("{field}: {text:?} is not a time of day such as \"22:00\"")]
    Time {
        /// `start` or `end`.
        field: &'static str,
        /// As it was written.
        text: String,
    },
    /// Not a time zone.
    #[error("timeZone: {0:?} is not an IANA time zone, such as \"Europe/Berlin\"")]
    Zone(String),
}

impl Window {
    /// From `start` to `end` (`HH:MM`; an end that is not after the start is on the day after) on `days` (`Mon` to
    /// `Sun`; none is every day) in an IANA time zone; without one, in UTC.
    pub fn new<'d>(
        days: impl IntoIterator<Item = &'d str>,
        start: &str,
        end: &str,
        time_zone: Option<&str>,
    ) -> Result<Self, BadWindow> {
        let zone = time_zone.unwrap_or("UTC");
        Ok(Self {
            days: days.into_iter().map(weekday).collect::<Result<_, _>>()?,
            start: time("start", start)?,
            end: time("end", end)?,
            zone: TimeZone::get(zone).map_err(|_| BadWindow::Zone(zone.to_owned()))?,
        })
    }

    /// Whether `now` is within it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.next_open(now).is_some_and(|opens| opens <= now)
    }

    /// `now` if it is open, else when it opens next. `None` if it never does (past the end of the calendar).
    pub fn next_open(&self, now: Timestamp) -> Option<Timestamp> {
        let today = Zoned::new(now, self.zone.clone()).date();
        // Yesterday's may be open still; a week from now every day has come.
        (-1..=8)
            .filter_map(|days| today.checked_add(days.days()).ok())
            .filter_map(|day| self.on(day))
            .find(|(_, closes)| now < *closes)
            .map(|(opens, _)| opens.max(now))
    }

    /// When it opens and closes, if it opens on `day`. Hours that a clock change leaves out count as the first ones after it.
    fn on(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        if !self.days.is_empty() && !self.days.contains(&day.weekday()) {
            return None;
        }
        let last = if self.end > self.start {
            day
        } else {
            day.tomorrow().ok()?
        };
        let at = |day: Date, time| {
            Some(
                day.to_datetime(time)
                    .to_zoned(self.zone.clone())
                    .ok()?
                    .timestamp(),
            )
        };
        Some((at(day, self.start)?, at(last, self.end)?))
    }
}

/// `now` if any of `windows` is open, or there is none; else when the first of them opens.
pub fn next_open(windows: &[Window], now: Timestamp) -> Option<Timestamp> {
    if windows.is_empty() {
        return Some(now);
    }
    windows.iter().filter_map(|window| window.next_open(now)).min()
}

fn weekday(text: &str) -> Result<Weekday, BadWindow> {
    Ok(match text {
        "Mon" => Weekday::Monday,
        "Tue" => Weekday::Tuesday,
        "Wed" => Weekday::Wednesday,
        "Thu" => Weekday::Thursday,
        "Fri" => Weekday::Friday,
        "Sat" => Weekday::Saturday,
        "Sun" => Weekday::Sunday,
        other => return Err(BadWindow::Day(other.to_owned())),
    })
}

fn time(field: &'static str, text: &str) -> Result<Time, BadWindow> {
    let bad = || BadWindow::Time {
        field,
        text: text.to_owned(),
    };
    let (hour, minute) = text.split_once(':').ok_or_else(bad)?;
    let number = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i8>().ok().filter(|_| digits)
    };
    let (hour, minute) = (number(hour).ok_or_else(bad)?, number(minute).ok_or_else(bad)?);
    Time::new(hour, minute, 0, 0).map_err(|_| bad())
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
