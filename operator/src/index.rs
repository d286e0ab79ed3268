//! Which vault of the store belongs to which `Vault` object: changes of the store name vaults by id.

use std::collections::HashMap;

use coffer_domain::{address::Place, id::VaultId, name::EnvName, name::OrgName, name::VaultName};
use parking_lot::RwLock;

/// Names by id, of every vault that an object manages.
#[derive(Debug, Default)]
pub struct VaultIndex(RwLock<HashMap<VaultId, (OrgName, VaultName)>>);

impl VaultIndex {
    /// A vault that an object manages.
    pub fn learn(&self, id: VaultId, organization: &OrgName, vault: &VaultName) {
        if !self.0.read().contains_key(&id) {
            self.0.write().insert(id, (organization.clone(), vault.clone()));
        }
    }

    /// Its object is gone.
    pub fn forget(&self, organization: &OrgName, vault: &VaultName) {
        self.0
            .write()
            .retain(|_, (its, name)| (&*its, &*name) != (organization, vault));
    }

    /// An environment of the vault of this id.
    pub fn place(&self, id: VaultId, environment: &EnvName) -> Option<Place> {
        let (organization, vault) = self.names(id)?;
        Some(Place {
            organization,
            vault,
            environment: environment.clone(),
        })
    }

    /// The names of the vault of this id.
    pub fn names(&self, id: VaultId) -> Option<(OrgName, VaultName)> {
        self.0.read().get(&id).cloned()
    }
}
