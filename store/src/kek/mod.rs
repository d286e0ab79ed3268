//! Root keys (key encryption keys): who wraps the data keys of vaults. The trait is shaped like the
//! Kubernetes KMS v2 plugin interface (`Status`, `Encrypt`, `Decrypt`, key ids), so that a plugin's socket
//! is one more provider. Knows nothing of records or of where wrapped keys are kept.

mod file;
mod local;

use std::fmt;

use async_trait::async_trait;
use thiserror::Error;

pub use file::{FileKek, KekFileError};
pub use local::StaticKek;

use crate::{aad::Aad, seed::Seed};

/// Names a root key; not a secret. For our own keys: 16 hexadecimal digits derived from the key; for a KMS,
/// whatever it says, up to 1 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The id `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A data key, wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// What the provider made of it, up to 1 KiB.
    pub ciphertext: Vec<u8>,
    /// Under which key.
    pub key_id: KeyId,
}

/// Why a data key was not wrapped or unwrapped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KekError {
    /// Wrapped under a key that the provider does not hold.
    #[error("wrapped under root key {wanted}, and the root key given is {given}")]
    UnknownKey {
        /// Under which it was wrapped.
        wanted: KeyId,
        /// The one at hand.
        given: KeyId,
    },
    /// It is not what was wrapped, or was wrapped for something else.
    #[error("a wrapped key does not open under root key {0}: it was changed, or moved from elsewhere")]
    Refused(KeyId),
    /// The provider does not answer; it may pass.
    #[error("the root key's provider does not answer: {0}")]
    Unavailable(String),
}

/// Holds a root key and never lets it out.
#[async_trait]
pub trait KekProvider: Send + Sync {
    /// The id of the key that wraps now. When it differs from that of a wrapped key, that one is due for rewrapping.
    async fn status(&self) -> Result<KeyId, KekError>;

    /// Wraps `seed` for the place that `aad` says.
    async fn wrap(&self, aad: &Aad, seed: &Seed) -> Result<Wrapped, KekError>;

    /// Unwraps what was wrapped under `wrapped.key_id` for the same place.
    async fn unwrap(&self, aad: &Aad, wrapped: &Wrapped) -> Result<Seed, KekError>;
}
