//! The form of API key tokens: `coffer_` + 30 random base-62 characters (178 bits) + 6 that check them.
//! A mistyped token is refused without a look-up, and scanners find leaked ones by
//! `coffer_[0-9A-Za-z]{36}`. Dialects have tokens of their own forms, which are found the same way.

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

/// The longest token of a dialect, in bytes.
const LONGEST: usize = 512;

/// What a new token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenForm {
    /// Ours.
    Native,
    /// `prefix` and `random` base-62 characters, of which people are shown the first `shown`. 22 random ones hold
    /// 130 bits; fewer are not made.
    Dialect {
        /// What it starts with.
        prefix: &'static str,
        /// How many random characters follow.
        random: usize,
        /// How many of those are kept in the clear to tell keys apart.
        shown: usize,
    },
}

impl ApiToken {
    /// A new token of this form, and the part of it that may be shown.
    pub fn of_form(form: TokenForm, entropy: &dyn Entropy) -> (Self, Option<String>) {
        match form {
            TokenForm::Native => (Self::fresh(entropy), None),
            TokenForm::Dialect {
                prefix,
                random,
                shown,
            } => {
                let random = random.max(22);
                let text = Zeroizing::new(base62(entropy, random));
                let head = text[..shown.min(random - 16)].to_owned();
                let token = SecretValue::from(format!("{prefix}{}", *text));
                (Self(token), Some(format!("{prefix}{head}")))
            }
        }
    }

    /// A new token.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        let random = Zeroizing::new(base62(entropy, RANDOM_LENGTH));
        Self(SecretValue::from(format!(
            "{PREFIX}{}{}",
            *random,
            check(&random)
        )))
    }

    /// Reads a token; `None` if it cannot be one: one of ours whose form or check is wrong, or a text that no dialect
    /// has for a token.
    pub fn parse(text: &str) -> Option<Self> {
        let Some(body) = text.strip_prefix(PREFIX) else {
            let plausible =
                text.len() <= LONGEST && text.len() >= 16 && text.bytes().all(|b| b.is_ascii_graphic());
            return plausible.then(|| Self(SecretValue::from(text)));
        };
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
        for at in PREFIX.len()..text.len() {
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
        let long = "x".repeat(513);
        for text in [
            "",
            "coffer_",
            "Bearer",
            "coffer_short",
            "0123456789abcde",
            "with a space in it",
            &long,
        ] {
            assert_eq!(ApiToken::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_dialects_token_has_its_form_and_shows_no_more_than_its_head() {
        let form = TokenForm::Dialect {
            prefix: "kw_live_",
            random: 40,
            shown: 8,
        };
        let (token, shown) = ApiToken::of_form(form, &SeededEntropy::new(1));
        let text = String::from_utf8(token.secret().reveal().to_vec()).unwrap();
        assert_eq!((text.len(), shown.as_deref()), (48, Some(&text[..16])));
        assert_eq!(ApiToken::parse(&text), Some(token));
        let short = TokenForm::Dialect {
            prefix: "p_",
            random: 1,
            shown: 99,
        };
        let (token, shown) = ApiToken::of_form(short, &SeededEntropy::new(1));
        assert_eq!((token.secret().len(), shown.unwrap().len()), (24, 8));
    }
}
