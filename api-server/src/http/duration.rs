//! Lengths of time as people write them: `90s`, `1h30m`, `7d`.

use std::time::Duration;

/// Reads one: whole numbers, each with a unit of `d`, `h`, `m`, `s`, in that order. `None` if it is not one.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0_u64;
    for (unit, worth) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
        if let Some((number, after)) = rest.split_once(unit) {
            let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            let number: u64 = digits.then(|| number.parse().ok())??;
            seconds = seconds.checked_add(number.checked_mul(worth)?)?;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(Duration::from_secs(seconds))
}

/// What [`parse`] takes, for messages.
pub const RULE: &str = "a length of time such as 90s, 1h30m or 7d";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_written() {
        for (text, seconds) in [
            ("90s", 90),
            ("1h30m", 5400),
            ("7d", 604_800),
            ("0s", 0),
            ("1d1s", 86_401),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            "1",
            "h",
            "1h1h",
            "1s1h",
            "-1h",
            "+1h",
            "1.5h",
            " 1h",
            "99999999999999999999d",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
