//! Rate limits, as data: how many requests a bucket takes in a window of time, counted per credential or per
//! address. [`Limiter`] counts; a dialect's buckets say what is counted; [`Failures`] bounds guessing.

mod failures;
mod limiter;
mod overrides;
mod window;

use std::{str::FromStr, time::Duration};

use thiserror::Error;

pub use failures::Failures;
pub use limiter::{Bucket, By, HeaderNames, Limiter, Standing, X_RATE_LIMIT};
pub use overrides::{BadOverride, RateOverride};
pub use window::Windows;

use super::duration;

/// Marks an answer that refuses a credential, where the dialect's status does not say so: it counts as a failed
/// authentication as 401 does.
#[derive(Debug, Clone, Copy)]
pub struct RefusedCredential;

/// So many in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many are taken in a window; more are refused.
    pub most: u32,
    /// How long a window is, in seconds.
    pub seconds: u32,
}

/// Not a rate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be a number and a length of time such as 1000/1m")]
pub struct BadRate;

impl Rate {
    /// `most` a minute.
    pub const fn a_minute(most: u32) -> Self {
        Self { most, seconds: 60 }
    }

    /// `most` in `minutes`.
    pub const fn in_minutes(most: u32, minutes: u32) -> Self {
        Self {
            most,
            seconds: 60 * minutes,
        }
    }
}

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, BadRate> {
        let (most, length) = text.split_once('/').ok_or(BadRate)?;
        let digits = most.bytes().all(|byte| byte.is_ascii_digit());
        let most = digits
            .then(|| most.parse().ok())
            .flatten()
            .filter(|&most| most > 0);
        let length = duration::parse(length).filter(|length| *length >= Duration::from_secs(1));
        let seconds = length.and_then(|length| u32::try_from(length.as_secs()).ok());
        Ok(Self {
            most: most.ok_or(BadRate)?,
            seconds: seconds.ok_or(BadRate)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_written() {
        assert_eq!("1000/1m".parse(), Ok(Rate::a_minute(1000)));
        assert_eq!("100/15m".parse(), Ok(Rate::in_minutes(100, 15)));
        for text in [
            "",
            "1000",
            "0/1m",
            "+1/1m",
            "1/0s",
            "1/m",
            "x/1m",
            "1/1m/1m",
            "99999999999/1m",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(BadRate), "{text}");
        }
    }
}
