//! Moments as dialects write them: RFC 3339 in UTC, ending in `Z`.

use jiff::{Timestamp, fmt::temporal::DateTimePrinter, tz::TimeZone};

const SECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
const MILLIS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
const MICROS: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// With whole seconds: `2024-01-15T10:30:00Z`.
pub fn seconds(at: Timestamp) -> String {
    SECONDS.timestamp_to_string(&at)
}

/// With milliseconds: `2025-01-15T10:30:00.000Z`.
pub fn millis(at: Timestamp) -> String {
    MILLIS.timestamp_to_string(&at)
}

/// With microseconds: `2025-01-15T10:30:00.000000Z`.
pub fn micros(at: Timestamp) -> String {
    MICROS.timestamp_to_string(&at)
}

/// Reads RFC 3339 with any offset, or a date alone, which is its first moment in UTC.
pub fn parse(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc_without_finer_parts() {
        let at: Timestamp = "2025-01-15T11:30:00.1239+01:00".parse().unwrap();
        assert_eq!(seconds(at), "2025-01-15T10:30:00Z");
        assert_eq!(millis(at), "2025-01-15T10:30:00.123Z");
        assert_eq!(micros(at), "2025-01-15T10:30:00.123900Z");
        let whole: Timestamp = "0999-01-05T01:02:03Z".parse().unwrap();
        assert_eq!(seconds(whole), "0999-01-05T01:02:03Z");
        assert_eq!(millis(whole), "0999-01-05T01:02:03.000Z");
    }

    #[test]
    fn moments_and_dates_are_read() {
        for (text, expected) in [
            ("2024-01-15T10:30:00Z", Some("2024-01-15T10:30:00Z")),
            ("2024-01-15T10:30:00.000000Z", Some("2024-01-15T10:30:00Z")),
            ("2024-01-15T12:30:00+02:00", Some("2024-01-15T10:30:00Z")),
            ("2024-01-15", Some("2024-01-15T00:00:00Z")),
            ("", None),
            ("tomorrow", None),
            ("2024-13-01", None),
            ("1705314600", None),
        ] {
            assert_eq!(parse(text).map(seconds).as_deref(), expected, "{text}");
        }
    }
}
