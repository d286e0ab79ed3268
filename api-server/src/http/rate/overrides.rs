//! `--rate-limit DIALECT.BUCKET=RATE`, as in `secryn.default=1000/1m` or `secryn.default=off`.

use std::str::FromStr;

use thiserror::Error;

use super::Rate;

/// What the configuration says of one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateOverride {
    bucket: String,
    /// How many it takes; `None`: any number.
    pub rate: Option<Rate>,
}

/// Not of that form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be <dialect>.<bucket>=<number>/<time>, such as secryn.default=1000/1m, or =off")]
pub struct BadOverride;

impl FromStr for RateOverride {
    type Err = BadOverride;

    fn from_str(text: &str) -> Result<Self, BadOverride> {
        let (bucket, rate) = text.split_once('=').ok_or(BadOverride)?;
        if bucket.split('.').count() != 2 || bucket.split('.').any(str::is_empty) {
            return Err(BadOverride);
        }
        let rate = match rate {
            "off" => None,
            rate => Some(rate.parse().map_err(|_| BadOverride)?),
        };
        Ok(Self {
            bucket: bucket.to_owned(),
            rate,
        })
    }
}

impl RateOverride {
    /// Whether it speaks of this bucket of this dialect.
    pub fn is_for(&self, dialect: &str, bucket: &str) -> bool {
        self.bucket.split_once('.') == Some((dialect, bucket))
    }

    /// The bucket's whole name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_given_a_rate_or_none() {
        let read: RateOverride = "secryn.default=1000/1m".parse().unwrap();
        assert!(read.is_for("secryn", "default") && !read.is_for("secryn", "other"));
        assert_eq!(read.rate, Some(Rate::a_minute(1000)));
        assert_eq!("keyway.verify=off".parse::<RateOverride>().unwrap().rate, None);
        for text in [
            "",
            "secryn",
            "secryn=1/1m",
            "secryn.=1/1m",
            ".x=1/1m",
            "a.b.c=1/1m",
            "a.b=",
            "a.b=1",
        ] {
            assert_eq!(text.parse::<RateOverride>(), Err(BadOverride), "{text}");
        }
    }
}
