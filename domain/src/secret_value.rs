//! The type of every secret value: it cannot be printed, is wiped when dropped, and is read only through
//! [`SecretValue::reveal`].

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The largest value, in bytes (64 KiB), through every door.
pub const MAX_BYTES: usize = 64 * 1024;

/// A secret's bytes. `Debug` prints `<redacted>`; there is no `Display` and no `Serialize`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretValue(Vec<u8>);

impl SecretValue {
    /// Takes ownership of `bytes`, which are wiped when the value is dropped.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The one way out. Call it as late as possible, and pass the result to nothing that prints.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes: not a secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl PartialEq for SecretValue {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretValue {}

impl From<String> for SecretValue {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<&str> for SecretValue {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

/// `#[serde(with = …)]`: a value as base64, for bodies whose very purpose is to carry it.
pub mod base64 {
    use ::base64::{Engine, prelude::BASE64_STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use zeroize::Zeroizing;

    use super::SecretValue;

    /// Writes base64.
    pub fn serialize<S: Serializer>(value: &SecretValue, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64_STANDARD.encode(value.reveal())))
    }

    /// Reads base64; the error never repeats the input.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretValue, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = BASE64_STANDARD
            .decode(text.as_bytes())
            .map_err(|_| Error::custom("value is not base64"))?;
        Ok(SecretValue::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        assert_eq!(format!("{:?}", SecretValue::from("hunter2")), "<redacted>");
    }

    #[test]
    fn equality_compares_bytes() {
        assert_eq!(SecretValue::from("a"), SecretValue::from("a"));
        assert_ne!(SecretValue::from("a"), SecretValue::from("ab"));
    }
}
