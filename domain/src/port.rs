//! What the domain asks of the world: time, randomness, keys pairs. Persistence is in [`crate::store`].

use jiff::Timestamp;
use thiserror::Error;

use crate::secret_value::SecretValue;

/// The current time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// Cryptographically secure randomness.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` whole, or ends the process: there is no answer to give without randomness.
    fn fill(&self, bytes: &mut [u8]);
}

/// An asymmetric algorithm of which Coffer makes key pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ECDSA over P-256.
    EcdsaP256,
    /// ECDSA over P-384.
    EcdsaP384,
    /// ECDSA over P-521.
    EcdsaP521,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
}

/// A key pair as PEM.
pub struct KeyPairPem {
    /// PKCS#8.
    pub private: SecretValue,
    /// `SubjectPublicKeyInfo`.
    pub public: String,
}

/// Makes key pairs.
pub trait KeyPairs: Send + Sync {
    /// A new pair.
    fn generate(&self, algorithm: KeyAlgorithm) -> Result<KeyPairPem, KeyPairError>;
}

/// The crypto library could not make a key pair.
#[derive(Debug, Error)]
#[error("cannot make a key pair: {0}")]
pub struct KeyPairError(pub String);
