//! What a key was used for.

use std::collections::BTreeMap;

use coffer_domain::request_log::RequestLine;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use utoipa::ToSchema;

use super::Moment;

/// Which stretch of time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Period {
    start: Moment,
    end: Moment,
}

/// How many requests on one day, in UTC.
#[derive(Debug, Serialize, ToSchema)]
pub struct Day {
    /// `2024-01-15`.
    date: String,
    requests: u64,
}

/// What a key was used for, as far as the request log goes back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageOut {
    id: String,
    period: Period,
    total_requests: u64,
    requests_by_day: Vec<Day>,
    /// By the path's first part.
    requests_by_endpoint: BTreeMap<String, u64>,
    /// How many were refused or failed.
    errors: u64,
    /// How many were one too many.
    rate_limit_hits: u64,
}

impl UsageOut {
    /// Of a key's lines.
    pub fn of(id: String, (start, end): (Timestamp, Timestamp), lines: &[RequestLine]) -> Self {
        let (mut days, mut parts) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
        for line in lines {
            let day = line.at.to_zoned(TimeZone::UTC).date().to_string();
            *days.entry(day).or_default() += 1;
            *parts.entry(line.subject.to_string()).or_default() += 1;
        }
        let count =
            |wanted: fn(&RequestLine) -> bool| lines.iter().filter(|line| wanted(line)).count() as u64;
        Self {
            id,
            period: Period {
                start: Moment(start),
                end: Moment(end),
            },
            total_requests: lines.len() as u64,
            requests_by_day: days
                .into_iter()
                .map(|(date, requests)| Day { date, requests })
                .collect(),
            requests_by_endpoint: parts,
            errors: count(|line| line.status >= 400),
            rate_limit_hits: count(|line| line.status == 429),
        }
    }
}

/// The calendar month that `now` is in, in UTC.
pub fn month(now: Timestamp) -> (Timestamp, Timestamp) {
    let today = now.to_zoned(TimeZone::UTC);
    let start = today.first_of_month().and_then(|day| day.start_of_day());
    let end = today.last_of_month().and_then(|day| day.end_of_day());
    (
        start.map_or(now, |start| start.timestamp()),
        end.map_or(now, |end| end.timestamp()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_that_of_the_calendar() {
        let (start, end) = month("2024-02-10T12:00:00Z".parse().unwrap());
        assert_eq!(start.to_string(), "2024-02-01T00:00:00Z");
        assert!(end.to_string().starts_with("2024-02-29T23:59:59"));
    }
}
