//! How long a failed object waits: doubling, with jitter, up to a minute. An object that failed once is
//! tried again at once or nearly, so that a blip of the API server passes unnoticed.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use parking_lot::Mutex;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_mins(1);

/// Consecutive failures by object uid.
#[derive(Debug, Default)]
pub struct Backoff(Mutex<HashMap<String, u32>>);

impl Backoff {
    /// One more failure; how many in a row that makes.
    pub fn failed(&self, uid: &str) -> u32 {
        let mut failures = self.0.lock();
        let count = failures.entry(uid.to_owned()).or_default();
        *count = count.saturating_add(1);
        *count
    }

    /// It went through, or is gone.
    pub fn succeeded(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}

/// The wait after `failures` in a row: between half and all of the doubled time. The jitter comes from the
/// object and the count, so that objects that failed together do not come back together.
pub fn wait(uid: &str, failures: u32) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let most = doubled.min(LONGEST);
    let mut hasher = DefaultHasher::new();
    (uid, failures).hash(&mut hasher);
    let part = u32::try_from(hasher.finish() % 1000).unwrap_or_default();
    most / 2 + most / 2 * part / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_with_jitter_up_to_a_minute() {
        for failures in 1..100 {
            let most = FIRST.saturating_mul(1 << (failures - 1).min(16)).min(LONGEST);
            let wait = wait("uid", failures);
            assert!(wait >= most / 2 && wait <= most, "{failures}: {wait:?}");
        }
    }

    #[test]
    fn objects_that_failed_together_come_back_apart() {
        let waits: std::collections::BTreeSet<_> = (0..50).map(|i| wait(&format!("uid-{i}"), 8)).collect();
        assert!(waits.len() > 40, "{}", waits.len());
    }

    #[test]
    fn success_starts_over() {
        let backoff = Backoff::default();
        assert_eq!(
            (backoff.failed("a"), backoff.failed("a"), backoff.failed("b")),
            (1, 2, 1)
        );
        backoff.succeeded("a");
        assert_eq!(backoff.failed("a"), 1);
    }
}
