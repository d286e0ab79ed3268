//! Vaults.

use coffer_domain::entity::Vault;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Moment,
    certificate::CertificateOut,
    key::{ExpiredOut, KeyOut},
    secret::{SecretNamed, SecretOut},
};

/// A vault to be made.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct VaultIn {
    /// Letters, digits, `.`, `_` or `-`.
    name: String,
    /// The account's first project without.
    project_id: Option<String>,
    /// Whether only those added to it, and managers, may use it.
    restricted: Option<bool>,
}

/// A vault.
#[derive(Debug, Serialize, ToSchema)]
pub struct VaultOut {
    id: String,
    name: String,
    project_id: String,
    restricted: bool,
    created_at: Moment,
}

impl From<&Vault> for VaultOut {
    fn from(vault: &Vault) -> Self {
        Self {
            id: vault.id.to_string(),
            name: vault.name.to_string(),
            project_id: vault.organization.to_string(),
            restricted: vault.restricted,
            created_at: Moment(vault.created_at),
        }
    }
}

/// A vault with what is in it.
#[derive(Serialize, ToSchema)]
pub struct VaultView {
    #[serde(flatten)]
    vault: VaultOut,
    secrets: Vec<SecretView>,
    /// Where `include` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    keys: Option<Vec<Listed<KeyOut>>>,
    /// Where `include` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    certificates: Option<Vec<Listed<CertificateOut>>>,
}

/// A secret in a vault's view.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum SecretView {
    /// With its value.
    Whole(Box<SecretOut>),
    /// Where `secrets=names` asks for no more.
    Named(SecretNamed),
}

/// A key or certificate in a vault's view.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Listed<T> {
    /// One that can be fetched.
    Usable(T),
    /// One that is over.
    Expired(ExpiredOut),
}

impl VaultView {
    /// What there is to see of `vault`.
    pub fn of(
        vault: &Vault,
        secrets: Vec<SecretView>,
        keys: Option<Vec<Listed<KeyOut>>>,
        certificates: Option<Vec<Listed<CertificateOut>>>,
    ) -> Self {
        Self {
            vault: vault.into(),
            secrets,
            keys,
            certificates,
        }
    }
}
