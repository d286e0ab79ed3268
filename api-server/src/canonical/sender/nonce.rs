//! Nonces of the server's for proofs (RFC 9449, section 8): each is good in the time that it was made in and in the
//! next. They are made from a key of this process, so that none has to be remembered; another replica makes its own.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use coffer_domain::port::Entropy;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// How long one is given out, in seconds.
const PERIOD: i64 = 300;

/// Makes them.
pub struct Nonces([u8; 32]);

impl Nonces {
    /// With a fresh key.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self(key)
    }

    /// The one that is given out at `now`.
    pub fn at(&self, now: Timestamp) -> String {
        self.of(now.as_second().div_euclid(PERIOD))
    }

    /// Whether one is good at `now`.
    pub fn takes(&self, nonce: &str, now: Timestamp) -> bool {
        let period = now.as_second().div_euclid(PERIOD);
        nonce == self.of(period) || nonce == self.of(period - 1)
    }

    fn of(&self, period: i64) -> String {
        // The key and the number have one length each, so that a digest of both cannot be made longer.
        let digest = Sha256::new()
            .chain_update(self.0)
            .chain_update(period.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(digest.finalize())
    }
}

#[cfg(test)]
mod tests {
    use coffer_domain::testkit::SeededEntropy;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn each_is_good_for_its_time_and_the_next() {
        let (ours, theirs) = (
            Nonces::new(&SeededEntropy::new(1)),
            Nonces::new(&SeededEntropy::new(2)),
        );
        let nonce = ours.at(at(600));
        assert_eq!(nonce, ours.at(at(899)));
        assert_ne!(nonce, ours.at(at(900)));
        for (second, good) in [
            (600, true),
            (899, true),
            (1199, true),
            (1200, false),
            (599, false),
        ] {
            assert_eq!(ours.takes(&nonce, at(second)), good, "{second}");
        }
        assert!(!theirs.takes(&nonce, at(600)) && !ours.takes("", at(600)));
    }
}
