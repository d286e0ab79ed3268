//! The form of API key tokens: `coffer_` + 30 random base-62 characters (178 bits) + 6 that check them.
//! A mistyped token is refused without a look-up, and scanners find leaked ones by
//! `coffer_[0-9A-Za-z]{36}`.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{port::Entropy, secret_value::SecretValue};

const PREFIX: &str = "coffer_";
const RANDOM_LENGTH: usize = 30;
const CHECK_LENGTH: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A well-formed token. Shown once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken(SecretValue);

/// The keyed digest (HMAC-SHA-256) by which a token is found. Useless without the store's pepper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenDigest(#[serde(with = "hex::serde")] pub [u8; 32]);

impl ApiToken {
    /// A new token.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        let random = Zeroizing::new(base62(entropy, RANDOM_LENGTH));
        Self(SecretValue::from(format!(
            "{PREFIX}{}{}",
            *random,
            check(&random)
        )))
    }

    /// Reads a token; `None` if its form or its check is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(PREFIX)?;
        let well_formed =
            body.len() == RANDOM_LENGTH + CHECK_LENGTH && body.bytes().all(|b| b.is_ascii_alphanumeric());
        let (random, given) = well_formed.then(|| body.split_at(RANDOM_LENGTH))?;
        (check(random) == given).then(|| Self(SecretValue::from(text)))
    }

    /// Whether `text` starts like one of ours, well formed or not.
    pub fn is_ours(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The token itself, to show once or to digest.
    pub fn secret(&self) -> &SecretValue {
        &self.0
    }
}

/// `length` base-62 characters, each equally likely.
pub fn base62(entropy: &dyn Entropy, length: usize) -> String {
    crate::generate::pick(entropy, BASE62, length)
}

fn check(random: &str) -> String {
    let mut rest = crc32fast::hash(random.as_bytes()) as usize;
    let mut digits = [b'0'; CHECK_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % 62];
        rest /= 62;
    }
    digits.iter().map(|&b| b as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::SeededEntropy;

    #[test]
    fn a_fresh_token_reads_back() {
        let token = ApiToken::fresh(&SeededEntropy::new(1));
        let text = String::from_utf8(token.secret().reveal().to_vec()).unwrap();
        assert_eq!(text.len(), 43);
        assert_eq!(ApiToken::parse(&text), Some(token));
    }

    #[test]
    fn every_mistyped_character_is_noticed() {
        let token = ApiToken::fresh(&SeededEntropy::new(2));
        let text = String::from_utf8(token.secret().reveal().to_vec()).unwrap();
        for at in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(
                ApiToken::parse(&String::from_utf8(other).unwrap()),
                None,
                "position {at}"
            );
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "coffer_", "Bearer", "coffer_short", "vsec_live_0123456789"] {
            assert_eq!(ApiToken::parse(text), None);
        }
    }
}
