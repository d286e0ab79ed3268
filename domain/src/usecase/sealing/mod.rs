//! The keys that values are sealed to, and what is done with them: each vault has its own, made when it is first
//! asked for, and all of them until the vault is dropped, so that what was sealed to an older one still opens.
//! Private keys leave this module to the store only, which seals them like values.

mod keys;
mod opening;

use jiff::Timestamp;

pub use keys::MAX_KEYS;

use crate::seal::PublicKey;

/// A public key of a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealingKey {
    /// The key.
    pub public: PublicKey,
    /// When it was made.
    pub created_at: Timestamp,
}
