//! A dialect's buckets, and where a request stands in them.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header::RETRY_AFTER};
use jiff::Timestamp;

use super::{Rate, RateOverride, Windows};

/// Whom a bucket counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Each credential; each address where there is none.
    Credential,
    /// Each address.
    Address,
    /// Each credential; requests without one are not counted.
    Signed,
    /// Each address from which requests come without a credential; others are not counted.
    Anonymous,
    /// As [`By::Credential`], and told only once it is exceeded: a bound on haste beside one that clients plan by.
    Haste,
}

/// A class of requests that are counted together.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    /// How the configuration names it.
    pub name: &'static str,
    /// How many it takes unless the configuration says otherwise; `None`: any number.
    pub usual: Option<Rate>,
    /// Whom it counts.
    pub by: By,
    /// Which requests, by method and path below the dialect's base.
    pub counts: fn(&Method, &str) -> bool,
}

/// What a dialect calls the headers.
#[derive(Debug)]
pub struct HeaderNames {
    /// How many a window takes.
    pub limit: HeaderName,
    /// How many it still takes.
    pub remaining: HeaderName,
    /// When it ends, in Unix seconds.
    pub reset: HeaderName,
}

/// The names that most products use.
pub static X_RATE_LIMIT: HeaderNames = HeaderNames {
    limit: HeaderName::from_static("x-ratelimit-limit"),
    remaining: HeaderName::from_static("x-ratelimit-remaining"),
    reset: HeaderName::from_static("x-ratelimit-reset"),
};

/// Where a request stands in the tightest of the buckets that count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many the window takes.
    pub most: u32,
    /// How many it still takes.
    pub remaining: u32,
    /// When it ends, in Unix seconds.
    pub ends: i64,
    /// Whether this request was one too many.
    pub exceeded: bool,
}

/// Counts the requests of one dialect.
#[derive(Debug)]
pub struct Limiter {
    names: &'static HeaderNames,
    buckets: Vec<(Bucket, Option<Rate>)>,
    windows: Windows,
}

impl Limiter {
    /// Over `buckets` of the dialect of this name, with what the configuration says of them.
    pub fn new(
        dialect: &str,
        buckets: &[Bucket],
        names: &'static HeaderNames,
        overrides: &[RateOverride],
    ) -> Self {
        let rate = |bucket: &Bucket| {
            let said = overrides
                .iter()
                .rev()
                .find(|said| said.is_for(dialect, bucket.name));
            said.map_or(bucket.usual, |said| said.rate)
        };
        Self {
            names,
            buckets: buckets.iter().map(|bucket| (*bucket, rate(bucket))).collect(),
            windows: Windows::default(),
        }
    }

    /// Counts a request in every bucket that it belongs to. `None`: nothing limits it.
    pub fn take(
        &self,
        method: &Method,
        path: &str,
        credential: Option<&str>,
        address: std::net::IpAddr,
        now: Timestamp,
    ) -> Option<Standing> {
        let mut tightest: Option<Standing> = None;
        for (bucket, rate) in &self.buckets {
            let Some(rate) = rate.filter(|_| (bucket.counts)(method, path)) else {
                continue;
            };
            let key = match (bucket.by, credential) {
                (By::Credential | By::Signed | By::Haste, Some(credential)) => {
                    self.windows.key((bucket.name, credential))
                }
                (By::Signed, None) | (By::Anonymous, Some(_)) => continue,
                (By::Credential | By::Haste | By::Anonymous, None) | (By::Address, _) => {
                    self.windows.key((bucket.name, address))
                }
            };
            let count = self.windows.take(key, rate, now);
            let standing = Standing {
                most: rate.most,
                remaining: rate.most.saturating_sub(count.taken),
                ends: count.ends,
                exceeded: count.taken > rate.most,
            };
            if bucket.by == By::Haste && !standing.exceeded {
                continue;
            }
            let key = |it: &Standing| (!it.exceeded, it.remaining);
            if tightest.is_none_or(|known| key(&standing) < key(&known)) {
                tightest = Some(standing);
            }
        }
        tightest
    }

    /// Says on an answer where its request stands.
    pub fn show(&self, standing: &Standing, now: Timestamp, headers: &mut HeaderMap) {
        headers.insert(self.names.limit.clone(), standing.most.into());
        headers.insert(self.names.remaining.clone(), standing.remaining.into());
        headers.insert(self.names.reset.clone(), HeaderValue::from(standing.ends));
        if standing.exceeded {
            headers.insert(RETRY_AFTER, HeaderValue::from(standing.wait(now)));
        }
    }
}

impl Standing {
    /// For how many seconds to wait before the next try; at least one.
    pub fn wait(&self, now: Timestamp) -> i64 {
        (self.ends - now.as_second()).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKETS: [Bucket; 2] = [
        Bucket {
            name: "default",
            usual: Some(Rate::a_minute(3)),
            by: By::Credential,
            counts: |_, _| true,
        },
        Bucket {
            name: "tight",
            usual: Some(Rate::a_minute(1)),
            by: By::Address,
            counts: |method, path| method == Method::POST && path == "/tight",
        },
    ];

    fn limiter(overrides: &[&str]) -> Limiter {
        let overrides: Vec<RateOverride> = overrides.iter().map(|text| text.parse().unwrap()).collect();
        Limiter::new("test", &BUCKETS, &X_RATE_LIMIT, &overrides)
    }

    fn take(limiter: &Limiter, path: &str, credential: Option<&str>, last: u8) -> Option<Standing> {
        let now = Timestamp::from_second(10).unwrap();
        limiter.take(&Method::POST, path, credential, [10, 0, 0, last].into(), now)
    }

    #[test]
    fn each_credential_and_each_nameless_address_has_its_own_count() {
        let limiter = limiter(&[]);
        for left in [2, 1, 0] {
            let standing = take(&limiter, "/", Some("a"), 1).unwrap();
            assert_eq!((standing.remaining, standing.exceeded), (left, false));
        }
        assert!(
            take(&limiter, "/", Some("a"), 2).unwrap().exceeded,
            "wherever it comes from"
        );
        assert!(!take(&limiter, "/", Some("b"), 1).unwrap().exceeded);
        assert!(!take(&limiter, "/", None, 1).unwrap().exceeded);
    }

    #[test]
    fn the_tightest_bucket_tells() {
        let limiter = limiter(&[]);
        assert_eq!(take(&limiter, "/tight", Some("a"), 1).unwrap().most, 1);
        let second = take(&limiter, "/tight", Some("b"), 1).unwrap();
        assert!(second.exceeded && second.most == 1);
    }

    #[test]
    fn haste_is_told_only_when_it_is_too_much_and_the_nameless_are_apart() {
        const KINDS: [Bucket; 3] = [
            Bucket {
                name: "user",
                usual: Some(Rate::a_minute(9)),
                by: By::Signed,
                counts: |_, _| true,
            },
            Bucket {
                name: "anonymous",
                usual: Some(Rate::a_minute(4)),
                by: By::Anonymous,
                counts: |_, _| true,
            },
            Bucket {
                name: "haste",
                usual: Some(Rate::a_minute(2)),
                by: By::Haste,
                counts: |_, _| true,
            },
        ];
        let limiter = Limiter::new("test", &KINDS, &X_RATE_LIMIT, &[]);
        for (credential, most) in [(Some("a"), 9), (None, 4)] {
            for left in [1, 2] {
                let standing = take(&limiter, "/", credential, 1).unwrap();
                assert_eq!((standing.most, standing.remaining), (most, most - left));
            }
            let hasty = take(&limiter, "/", credential, 1).unwrap();
            assert_eq!((hasty.most, hasty.exceeded), (2, true));
        }
    }

    #[test]
    fn the_configuration_changes_rates_and_turns_them_off() {
        let raised = limiter(&["test.default=9/1m", "other.default=1/1m"]);
        assert_eq!(take(&raised, "/", None, 1).unwrap().most, 9);
        assert_eq!(take(&limiter(&["test.default=off"]), "/", None, 1), None);
    }

    #[test]
    fn headers_say_where_one_stands_and_how_long_to_wait() {
        let limiter = limiter(&["test.default=1/1m"]);
        let now = Timestamp::from_second(10).unwrap();
        take(&limiter, "/", None, 1);
        let mut headers = HeaderMap::new();
        limiter.show(&take(&limiter, "/", None, 1).unwrap(), now, &mut headers);
        for (name, value) in [
            ("x-ratelimit-limit", "1"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "60"),
            ("retry-after", "50"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
    }
}
