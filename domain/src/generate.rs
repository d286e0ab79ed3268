//! Values that Coffer makes itself. All of them fit an env file.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    port::{Entropy, KeyAlgorithm, KeyPairError, KeyPairs},
    secret_value::SecretValue,
};

const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Without quotes, `$`, backslash and backtick, which shells and env files trip over.
const WITH_SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#%+,-./:=?@_~";

/// Which characters a password is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Alphabet {
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits and ``!#%+,-./:=?@_~``.
    Symbols,
}

/// How a value is made. Kept with the secret, so that any door can rotate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Generator {
    /// `length` characters, 8 to 4096.
    Password {
        /// How many characters.
        length: u16,
        /// Of which kind.
        alphabet: Alphabet,
    },
    /// `bytes` random bytes, 8 to 4096, as lower-case hexadecimal.
    Hex {
        /// How many bytes.
        bytes: u16,
    },
    /// `bytes` random bytes, 8 to 4096, as base64 (RFC 4648, padded).
    Base64 {
        /// How many bytes.
        bytes: u16,
    },
    /// A random (version 4) UUID (RFC 9562).
    Uuid,
    /// A key pair. The value is the private key, PKCS#8 in PEM; the public key is a second secret.
    KeyPair {
        /// Of which kind.
        algorithm: KeyAlgorithm,
    },
}

/// Appended to a key pair's name for its public key.
pub const PUBLIC_SUFFIX: &str = ".pub";

/// A generated value.
pub struct Generated {
    /// The value.
    pub value: SecretValue,
    /// The public key, for key pairs, to be kept as `<name>.pub`.
    pub public: Option<SecretValue>,
}

/// A generator that asks for too much or too little.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// Outside 8 to 4096.
    #[error("length must be 8 to 4096, and is {0}")]
    Length(u16),
    /// The crypto library failed.
    #[error(transparent)]
    KeyPair(#[from] KeyPairError),
}

impl Generator {
    /// Makes a value.
    pub fn generate(self, entropy: &dyn Entropy, pairs: &dyn KeyPairs) -> Result<Generated, GenerateError> {
        let value = match self {
            Self::Password { length, alphabet } => {
                let characters = match alphabet {
                    Alphabet::Alphanumeric => LETTERS_AND_DIGITS,
                    Alphabet::Symbols => WITH_SYMBOLS,
                };
                pick(entropy, characters, checked(length)?)
            }
            Self::Hex { bytes } => hex::encode(random(entropy, checked(bytes)?)),
            Self::Base64 { bytes } => BASE64_STANDARD.encode(random(entropy, checked(bytes)?)),
            Self::Uuid => uuid4(entropy),
            Self::KeyPair { algorithm } => {
                let pair = pairs.generate(algorithm)?;
                return Ok(Generated {
                    value: pair.private,
                    public: Some(SecretValue::from(pair.public)),
                });
            }
        };
        Ok(Generated {
            value: SecretValue::from(value),
            public: None,
        })
    }
}

fn checked(length: u16) -> Result<usize, GenerateError> {
    if (8..=4096).contains(&length) {
        Ok(length.into())
    } else {
        Err(GenerateError::Length(length))
    }
}

fn random(entropy: &dyn Entropy, length: usize) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    entropy.fill(&mut bytes);
    bytes
}

fn uuid4(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// `length` characters out of `alphabet`, each equally likely: bytes that would favour some are thrown away.
pub(crate) fn pick(entropy: &dyn Entropy, alphabet: &[u8], length: usize) -> String {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for &byte in random(entropy, length).iter() {
            if usize::from(byte) < fair && text.len() < length {
                text.push(alphabet[usize::from(byte) % alphabet.len()] as char);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        envfile,
        testkit::{NoKeyPairs, SeededEntropy},
    };

    fn make(generator: Generator) -> String {
        let made = generator.generate(&SeededEntropy::new(7), &NoKeyPairs).unwrap();
        String::from_utf8(made.value.reveal().to_vec()).unwrap()
    }

    #[test]
    fn each_kind_has_its_length_and_alphabet() {
        let password = make(Generator::Password {
            length: 40,
            alphabet: Alphabet::Alphanumeric,
        });
        assert_eq!(password.len(), 40);
        assert!(password.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(make(Generator::Hex { bytes: 16 }).len(), 32);
        assert_eq!(make(Generator::Base64 { bytes: 32 }).len(), 44);
        assert_eq!(
            make(Generator::Uuid)
                .parse::<uuid::Uuid>()
                .unwrap()
                .get_version_num(),
            4
        );
    }

    #[test]
    fn generated_values_fit_an_env_file() {
        let longest = Generator::Password {
            length: 4096,
            alphabet: Alphabet::Symbols,
        };
        assert_eq!(envfile::check("X", &SecretValue::from(make(longest))), Ok(()));
    }

    #[test]
    fn picking_favours_no_character() {
        let text = pick(&SeededEntropy::new(3), LETTERS_AND_DIGITS, 62_000);
        for &character in LETTERS_AND_DIGITS {
            let count = text.bytes().filter(|&b| b == character).count();
            assert!(
                (800..1200).contains(&count),
                "{} came {count} times",
                character as char
            );
        }
    }

    #[test]
    fn too_short_is_refused() {
        let short = Generator::Hex { bytes: 7 };
        assert!(matches!(
            short.generate(&SeededEntropy::new(1), &NoKeyPairs),
            Err(GenerateError::Length(7))
        ));
    }
}
