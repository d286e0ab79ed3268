//! Sealed values: ciphertext that anybody can make with a vault's public key, that only Coffer opens, and that
//! opens in one place alone (DESIGN section 5). What is sealed can be committed to Git.
//!
//! The notation is `coffer-seal:v1:<key id>:<organization>/<vault>/<environment>/<name>:<base64url>`. The place
//! stands there to be read, and is bound into the ciphertext: to write another one there breaks the seal. The
//! cipher is HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. Anybody who
//! has the public key can seal: who may put a value in place is for the rights of those who apply it.
//!
//! This module knows no store and no cluster; where the keys are kept is [`crate::usecase::sealing`]'s.

mod crypt;
mod fault;
mod key;
mod text;

pub use crypt::{open, seal};
pub use fault::SealError;
pub use key::{KeyId, PublicKey, SealingPair, VaultPublicKey};
pub use text::{LONGEST, Sealed};

#[cfg(test)]
mod tests;
