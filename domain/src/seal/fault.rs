//! Why a sealed value is not opened.

use thiserror::Error;

use super::KeyId;
use crate::secret_value::MAX_BYTES;

/// Why a value was not sealed, or a sealed one not opened. It says what is written on the outside, and nothing of
/// what is inside.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    /// Not the notation.
    #[error("not a sealed value: {0}; make one with coffer seal")]
    Malformed(&'static str),
    /// Not the notation of a public key.
    #[error("not a vault's public key: {0}; coffer seal-key show prints it")]
    BadKey(&'static str),
    /// It was sealed for another place.
    #[error("sealed for {what} {sealed}, and this is {what} {here}: seal the value anew for this place")]
    Elsewhere {
        /// `namespace`, `vault`, `environment` or `key`.
        what: &'static str,
        /// The one it was sealed for.
        sealed: String,
        /// The one where it was met.
        here: String,
    },
    /// The vault never had such a key, or was made anew since.
    #[error(
        "sealed to key {0}, which this vault does not have: seal the value anew with the vault's public key"
    )]
    UnknownKey(KeyId),
    /// It was changed after it was made, or made in another way.
    #[error("it does not open with key {0}: it was changed after it was sealed; seal the value anew")]
    Broken(KeyId),
    /// More than a secret can hold.
    #[error("the value has {0} bytes; the largest a secret can hold is {MAX_BYTES} (64 KiB)")]
    TooLarge(usize),
}

impl From<SealError> for crate::Error {
    fn from(error: SealError) -> Self {
        match error {
            SealError::TooLarge(bytes) => Self::TooLarge { bytes },
            error => Self::invalid("sealed", error.to_string()),
        }
    }
}
