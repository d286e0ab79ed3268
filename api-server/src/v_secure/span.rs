//! Lengths of time as this door writes them (`90d`, `1h`, `2y`), and moments that requests name.

use coffer_domain::secret_value::SecretValue;
use jiff::{SignedDuration, Timestamp};

use crate::http::{
    fields::{FieldFault, Fields},
    time,
};

/// What [`parse`] takes.
pub const RULE: &str = "must be a whole number and one of s, m, h, d, w, y, such as 90d";

/// Reads one: a whole number from 1 and a unit. A year is 365 days.
pub fn parse(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    let number: i64 = digits.then(|| number.parse().ok()).flatten()?;
    let worth = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        "y" => 365 * 86_400,
        _ => return None,
    };
    number.checked_mul(worth).map(SignedDuration::from_secs)
}

/// A field that is a length of time.
pub fn field(fields: &mut Fields, name: &str) -> Result<Option<(String, SignedDuration)>, FieldFault> {
    let read = |text: String| match parse(&text) {
        Some(span) => Ok((text, span)),
        None => Err(FieldFault::new(name, RULE)),
    };
    fields.text(name)?.map(read).transpose()
}

/// When something ends that `expiresIn` or `expiresAt` says; they are not said both.
pub fn end(fields: &mut Fields, now: Timestamp) -> Result<Option<Timestamp>, FieldFault> {
    let within = field(fields, "expiresIn")?;
    let at = fields.text("expiresAt")?;
    match (within, at) {
        (Some(_), Some(_)) => Err(FieldFault::new("expiresAt", "cannot be given beside expiresIn")),
        (Some((_, span)), None) => now
            .checked_add(span)
            .map(Some)
            .map_err(|_| FieldFault::new("expiresIn", "is too long")),
        (None, Some(text)) => {
            let rule = "must be a time in the future such as 2030-01-15T10:30:00Z, or a date";
            let at = time::parse(&text).filter(|at| now < *at);
            at.map(Some).ok_or_else(|| FieldFault::new("expiresAt", rule))
        }
        (None, None) => Ok(None),
    }
}

/// A moment that a parameter names: a time, a date, or so long ago.
pub fn moment(name: &str, text: &str, now: Timestamp) -> Result<Timestamp, FieldFault> {
    let ago = || now.checked_sub(parse(text)?).ok();
    let rule = "must be a time such as 2024-01-15T10:30:00Z, a date, or a length of time ago such as 24h";
    time::parse(text)
        .or_else(ago)
        .ok_or_else(|| FieldFault::new(name, rule))
}

/// A value that must be there, of 1 to 65,536 bytes.
pub fn value(fields: &mut Fields) -> Result<Option<SecretValue>, FieldFault> {
    let value = fields.secret("value")?;
    match &value {
        Some(value) if value.is_empty() => Err(FieldFault::new("value", "must not be empty")),
        Some(value) if value.len() > coffer_domain::secret_value::MAX_BYTES => {
            Err(FieldFault::new("value", "must not exceed 65536 bytes"))
        }
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_written() {
        for (text, seconds) in [
            ("1s", 1),
            ("2m", 120),
            ("24h", 86_400),
            ("90d", 7_776_000),
            ("2w", 1_209_600),
            ("2y", 63_072_000),
        ] {
            assert_eq!(parse(text), Some(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "d",
            "0d",
            "-1d",
            "1",
            "1.5h",
            "1h30m",
            "01d",
            "1D",
            "9999999999999999999y",
            "1é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_times_dates_or_ago() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let read = |text| moment("since", text, now).unwrap().to_string();
        assert_eq!(read("24h"), "2026-01-01T00:00:00Z");
        assert_eq!(read("2024-01-15"), "2024-01-15T00:00:00Z");
        assert!(moment("since", "yesterday", now).is_err());
    }

    #[test]
    fn an_end_is_said_once_and_lies_ahead() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let ends = |body: serde_json::Value| end(&mut Fields::of(body).unwrap(), now);
        assert_eq!(ends(serde_json::json!({})), Ok(None));
        assert!(ends(serde_json::json!({"expiresIn": "90d"})).unwrap().is_some());
        for body in [
            serde_json::json!({"expiresIn": "0d"}),
            serde_json::json!({"expiresAt": "2026-01-01"}),
            serde_json::json!({"expiresIn": "1d", "expiresAt": "2027-01-01"}),
        ] {
            assert!(ends(body.clone()).is_err(), "{body}");
        }
    }
}
