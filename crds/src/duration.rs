//! Lengths of time as people write them: `90s`, `15m`, `24h`, `30d`, `1h30m`. The one place that reads them.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::rule::rules;

/// Exactly the texts that [`Duration`] reads: a stored object that passed the schema always parses, so one
/// odd object can never stop a watch. The digits are bounded so that seconds cannot overflow.
const PATTERN: &str = "^([1-9][0-9]{0,4}d)?([1-9][0-9]{0,5}h)?([1-9][0-9]{0,6}m)?([1-9][0-9]{0,8}s)?$";

/// The units, largest first, with their seconds and the most digits each may have.
const UNITS: [(char, u64, usize); 4] = [('d', 86_400, 5), ('h', 3_600, 6), ('m', 60, 7), ('s', 1, 9)];

/// A length of time, at least a second, kept as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration {
    text: String,
    seconds: u64,
}

/// The text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is not a duration: write days, hours, minutes and seconds in this order, such as 30d, 24h, 1h30m or 90s"
)]
pub struct BadDuration(String);

impl Duration {
    /// The length in whole seconds.
    pub fn to_seconds(&self) -> u64 {
        self.seconds
    }

    /// As the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Duration {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Self, BadDuration> {
        match seconds(text) {
            Some(seconds) if seconds > 0 => Ok(Self {
                text: text.to_owned(),
                seconds,
            }),
            _ => Err(BadDuration(text.to_owned())),
        }
    }
}

/// Sums the parts, each unit at most once and in order.
fn seconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0;
    for (unit, worth, most_digits) in UNITS {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Some(after) = rest[digits..].strip_prefix(unit) else {
            continue;
        };
        if digits > most_digits || rest.starts_with('0') {
            return None;
        }
        total += rest[..digits].parse::<u64>().ok()? * worth;
        rest = after;
    }
    rest.is_empty().then_some(total)
}

impl TryFrom<String> for Duration {
    type Error = BadDuration;

    fn try_from(text: String) -> Result<Self, BadDuration> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.text
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 2,
            "maxLength": 32,
            "pattern": PATTERN,
            "x-kubernetes-validations": rules(&[(
                &format!("self.matches('{PATTERN}')"),
                "must be a duration of days, hours, minutes and seconds, in this order and without spaces, such as 30d, 24h, 1h30m or 90s",
            )]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, expected) in [
            ("90s", 90),
            ("15m", 900),
            ("24h", 86_400),
            ("30d", 2_592_000),
            ("1h30m", 5_400),
            ("1d2h3m4s", 93_784),
            (
                "99999d999999h9999999m999999999s",
                99_999 * 86_400 + 999_999 * 3_600 + 9_999_999 * 60 + 999_999_999,
            ),
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.to_seconds(), expected, "{text}");
            assert_eq!(duration.to_string(), text);
        }
    }

    #[test]
    fn refuses_everything_else_and_says_what_would_do() {
        for text in [
            "",
            "0s",
            "1",
            "s",
            "1x",
            "30m1h",
            "1h1h",
            " 1h",
            "1h ",
            "-1h",
            "1.5h",
            "01h",
            "100000d",
            "1\u{661}s",
        ] {
            let error = text.parse::<Duration>().unwrap_err().to_string();
            assert!(error.contains("such as 30d"), "{text:?}: {error}");
        }
    }

    #[test]
    fn the_schema_and_the_type_read_the_same_texts() {
        let pattern = regex::Regex::new(PATTERN).unwrap();
        let mut texts = vec![String::new()];
        for length in 0..=5 {
            for text in texts.iter().filter(|text| text.len() > 1) {
                assert_eq!(text.parse::<Duration>().is_ok(), pattern.is_match(text), "{text}");
            }
            if length < 5 {
                texts = texts
                    .iter()
                    .flat_map(|text| "019dhmsx".chars().map(move |c| format!("{text}{c}")))
                    .collect();
            }
        }
    }
}
