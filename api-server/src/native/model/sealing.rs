//! Sealing keys and sealed values.

use coffer_domain::{
    name::{OrgName, VaultName},
    seal::{Sealed, VaultPublicKey},
    usecase::sealing::SealingKey,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The public keys of a vault.
#[derive(Debug, Serialize, ToSchema)]
pub struct SealingKeysOut {
    /// All of them, the newest first: that is the one to seal to. Each still opens what was sealed to it.
    items: Vec<SealingKeyOut>,
}

/// A public key of a vault.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SealingKeyOut {
    /// Its short name.
    id: String,
    /// The key, as `coffer seal --public-key` takes it.
    public_key: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl SealingKeysOut {
    /// Of a vault.
    pub fn new(organization: &OrgName, vault: &VaultName, keys: Vec<SealingKey>) -> Self {
        let out = |key: SealingKey| SealingKeyOut {
            id: key.public.id().to_string(),
            public_key: VaultPublicKey {
                organization: organization.clone(),
                vault: vault.clone(),
                key: key.public,
            }
            .to_string(),
            created_at: key.created_at,
        };
        Self {
            items: keys.into_iter().map(out).collect(),
        }
    }
}

/// A value that was sealed for this place, to any of the vault's keys.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResealIn {
    /// Its text, `coffer-seal:v1:…`.
    pub sealed: String,
}

/// The same value, sealed to the newest key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResealedOut {
    /// Its text.
    sealed: String,
    /// The short name of the key.
    key_id: String,
}

impl From<Sealed> for ResealedOut {
    fn from(sealed: Sealed) -> Self {
        Self {
            key_id: sealed.key.to_string(),
            sealed: sealed.to_string(),
        }
    }
}
