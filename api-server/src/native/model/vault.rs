//! Vaults.

use coffer_domain::{Error, entity::Vault, name::EnvName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::OwnerOut;

/// A vault to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultIn {
    /// Its name, unique in the organization.
    pub name: String,
    /// Its environments; without any, the one `default`.
    #[serde(default)]
    pub environments: Vec<String>,
}

/// What a vault should be from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultPatch {
    /// All of its environments.
    pub environments: Vec<String>,
}

/// A vault.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VaultOut {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Its environments, sorted.
    environments: Vec<String>,
    /// The object that manages it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    owner: Option<OwnerOut>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Vault> for VaultOut {
    fn from(vault: Vault) -> Self {
        // Who is let in is the Kubernetes door's to show; revisions are ours alone.
        let Vault {
            id,
            organization: _,
            name,
            mut environments,
            environment_types: _,
            access: _,
            restricted: _,
            owner,
            created_at,
            revision: _,
        } = vault;
        environments.sort();
        Self {
            id: id.to_string(),
            name: name.into(),
            environments: environments.into_iter().map(String::from).collect(),
            owner: owner.map(OwnerOut::from),
            created_at,
        }
    }
}

/// Environment names, from texts.
pub fn environments(texts: Vec<String>) -> Result<Vec<EnvName>, Error> {
    let read = |(at, text): (usize, String)| {
        EnvName::new(text)
            .map_err(|bad| Error::invalid(format!("environments[{at}]"), format!("must be {}", bad.rule)))
    };
    texts.into_iter().enumerate().map(read).collect()
}
