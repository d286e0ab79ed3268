//! Stand-ins for the world's ports, for tests of every room: a clock that is set by hand and randomness
//! from a seed.

mod memory;
mod rows;

pub use memory::MemoryStore;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::port::{Clock, Entropy, KeyAlgorithm, KeyPairError, KeyPairPem, KeyPairs};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Stands at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves on.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock();
        *now = now.saturating_add(by).unwrap_or(Timestamp::MAX);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}

/// Repeatable randomness (`SplitMix64`): never for anything but tests.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// Starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock();
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = *state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Makes no key pairs.
#[derive(Debug)]
pub struct NoKeyPairs;

impl KeyPairs for NoKeyPairs {
    fn generate(&self, _: KeyAlgorithm) -> Result<KeyPairPem, KeyPairError> {
        Err(KeyPairError("none are made here".to_owned()))
    }
}
