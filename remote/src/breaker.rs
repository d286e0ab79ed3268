//! Leaves a server alone that failed too often: five failures within a minute, then half a minute of rest.

use std::{collections::VecDeque, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

const MOST: usize = 5;
const WITHIN: Duration = Duration::from_mins(1);
const REST: Duration = Duration::from_secs(30);

/// Counts failures.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<Failures>);

#[derive(Debug, Default)]
struct Failures {
    at: VecDeque<Instant>,
    resting_until: Option<Instant>,
}

impl Breaker {
    /// Whether it is to be left alone at `now`.
    pub fn rests(&self, now: Instant) -> bool {
        self.0.lock().resting_until.is_some_and(|until| now < until)
    }

    /// Notes how a request at `now` ended.
    pub fn note(&self, now: Instant, failed: bool) {
        let mut failures = self.0.lock();
        if !failed {
            *failures = Failures::default();
            return;
        }
        failures.at.push_back(now);
        failures.at.retain(|at| now.duration_since(*at) < WITHIN);
        if failures.at.len() >= MOST {
            failures.resting_until = Some(now + REST);
            failures.at.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_within_a_minute_are_half_a_minute_of_rest() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        for second in 0..4 {
            breaker.note(after(second), true);
        }
        assert!(!breaker.rests(after(4)));
        breaker.note(after(61), true);
        assert!(!breaker.rests(after(61)), "the first two are too long ago");
        breaker.note(after(61), true);
        breaker.note(after(61), true);
        assert!(breaker.rests(after(62)));
        assert!(!breaker.rests(after(92)));
        for _ in 0..4 {
            breaker.note(after(93), true);
        }
        breaker.note(after(93), false);
        breaker.note(after(93), true);
        assert!(!breaker.rests(after(94)), "a success forgets the failures");
    }
}
