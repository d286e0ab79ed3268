//! The machine's own clock and randomness: the one place where the ambient ones are asked.

use coffer_domain::port::{Clock, Entropy};
use jiff::Timestamp;
use thiserror::Error;

/// The system's clock, in whole microseconds: as precise as rows keep time, so that what was written compares
/// equal to what is read back.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the Clock that the others are passed"
    )]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// The system's random generator, through the crypto library.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy(());

/// The random generator is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the system's random generator repeats itself or gives zeros")]
pub struct BadEntropy;

impl SystemEntropy {
    /// Takes it into use, once it has given two different draws, neither of them all zeros.
    pub fn checked() -> Result<Self, BadEntropy> {
        let entropy = Self(());
        let (mut first, mut second) = ([0; 32], [0; 32]);
        entropy.fill(&mut first);
        entropy.fill(&mut second);
        plausible(&first, &second).then_some(entropy).ok_or(BadEntropy)
    }
}

fn plausible(first: &[u8; 32], second: &[u8; 32]) -> bool {
    first != second && *first != [0; 32] && *second != [0; 32]
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            tracing::error!("the system gives no randomness: ending the process");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_self_test_tells_randomness_from_its_failures() {
        assert!(SystemEntropy::checked().is_ok());
        assert!(!plausible(&[1; 32], &[1; 32]));
        assert!(!plausible(&[0; 32], &[1; 32]));
        assert!(!plausible(&[1; 32], &[0; 32]));
    }

    #[test]
    fn the_clock_gives_whole_microseconds() {
        assert_eq!(SystemClock.now().as_nanosecond() % 1000, 0);
    }
}
