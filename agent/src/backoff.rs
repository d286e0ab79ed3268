//! How long to wait before the next try: twice as long each time, up to a limit, and a different part of it
//! in each pod, so that a server that returns is not met by all of them at once.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);

/// Waiting times.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    limit: Duration,
    state: u64,
}

impl Backoff {
    /// Up to `limit`, spread by `seed`: something that is each pod's own.
    pub fn new(limit: Duration, seed: &[u8]) -> Self {
        // FNV-1a.
        let state = seed.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self {
            next: FIRST,
            limit,
            state,
        }
    }

    /// The next waiting time: between half of the step and all of it.
    pub fn step(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(self.limit);
        step / 2 + step.mul_f64(self.fraction() / 2.0)
    }

    /// The next try is a first one again.
    pub fn reset(&mut self) {
        self.next = FIRST;
    }

    /// Up to `limit` from now on.
    pub fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// From 0 to below 1 (splitmix64, its upper 32 bits).
    fn fraction(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let upper = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX);
        f64::from(upper) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_its_limit_and_starts_again() {
        let limit = Duration::from_secs(1);
        let mut backoff = Backoff::new(limit, b"pod-1");
        for full in [100, 200, 400, 800, 1000, 1000] {
            let (step, full) = (backoff.step(), Duration::from_millis(full));
            assert!(step >= full / 2 && step < full, "{step:?} of {full:?}");
        }
        backoff.reset();
        assert!(backoff.step() < FIRST);
    }

    #[test]
    fn pods_spread() {
        let steps: std::collections::BTreeSet<Duration> = (0..100)
            .map(|i| Backoff::new(FIRST, format!("app-7d9f-{i}").as_bytes()).step())
            .collect();
        assert!(steps.len() > 95);
    }
}
