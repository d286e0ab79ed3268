//! The keys of a vault: pairs, their public halves, and the short names of those.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hpke::{Deserializable, Kem, Serializable, kem::X25519HkdfSha256};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::SealError;
use crate::{
    name::{OrgName, VaultName},
    port::Entropy,
    secret_value::SecretValue,
};

/// What the notation of a public key begins with.
const PREFIX: &str = "coffer-seal-key:v1:";

/// Bytes of a private key, of a public one, and of an encapsulated one.
pub(super) const KEY_BYTES: usize = 32;

/// A short name of a public key: the first 64 bits of a digest of it, in lower-case hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for KeyId {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let bad = SealError::Malformed("the key id must be 16 lower-case hexadecimal digits");
        // One notation for each: a text that was changed is never the same key.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(bad);
        }
        let mut id = [0; 8];
        hex::decode_to_slice(text, &mut id).map_err(|_| bad)?;
        Ok(Self(id))
    }
}

impl TryFrom<String> for KeyId {
    type Error = SealError;

    fn try_from(text: String) -> Result<Self, SealError> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

/// A public key, X25519.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its short name.
    pub fn id(&self) -> KeyId {
        let digest = Sha256::new()
            .chain_update(b"coffer/v1/seal-key")
            .chain_update(self.0)
            .finalize();
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        KeyId(id)
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// A vault's public key with the vault's name: what `coffer seal` needs, as one line of text,
/// `coffer-seal-key:v1:<organization>/<vault>:<base64url>`. Not a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultPublicKey {
    /// The tenant: in Kubernetes, the namespace.
    pub organization: OrgName,
    /// The vault.
    pub vault: VaultName,
    /// Its key.
    pub key: PublicKey,
}

impl fmt::Display for VaultPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64_URL_SAFE_NO_PAD.encode(self.key.0);
        write!(f, "{PREFIX}{}/{}:{key}", self.organization, self.vault)
    }
}

impl FromStr for VaultPublicKey {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let bad = SealError::BadKey;
        let rest = text
            .trim()
            .strip_prefix(PREFIX)
            .ok_or(bad("it must begin with coffer-seal-key:v1:"))?;
        let parts = rest.split_once(':').and_then(|(vault, key)| {
            let (organization, vault) = vault.split_once('/')?;
            Some((organization, vault, key))
        });
        let (organization, vault, key) = parts.ok_or(bad("<namespace>/<vault>:<key> must follow"))?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(key).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            organization: OrgName::new(organization).map_err(|_| bad("the namespace is not a name"))?,
            vault: VaultName::new(vault).map_err(|_| bad("the vault is not a name"))?,
            key: PublicKey(bytes.ok_or(bad("the key must be 32 bytes in base64url"))?),
        })
    }
}

/// A private key with its public half.
#[derive(Clone)]
pub struct SealingPair {
    private: SecretValue,
    public: PublicKey,
}

impl SealingPair {
    /// A new one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut material = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(&mut *material);
        Self::derive(&material)
    }

    /// The pair of this material (RFC 9180, `DeriveKeyPair`).
    pub(super) fn derive(material: &[u8; KEY_BYTES]) -> Self {
        let (private, public) = X25519HkdfSha256::derive_keypair(material);
        let mut bytes = [0; KEY_BYTES];
        public.write_exact(&mut bytes);
        let mut kept = Zeroizing::new([0; KEY_BYTES]);
        private.write_exact(&mut *kept);
        Self {
            private: SecretValue::new(kept.as_slice()),
            public: PublicKey(bytes),
        }
    }

    /// The pair of a private key that was kept; `None` if that is none.
    pub fn from_private(private: SecretValue) -> Option<Self> {
        let key = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(private.reveal()).ok()?;
        let mut bytes = [0; KEY_BYTES];
        X25519HkdfSha256::sk_to_pk(&key).write_exact(&mut bytes);
        Some(Self {
            private,
            public: PublicKey(bytes),
        })
    }

    /// The private key, to be kept.
    pub fn private(&self) -> &SecretValue {
        &self.private
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.public
    }
}

impl fmt::Debug for SealingPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingPair({})", self.public.id())
    }
}
