//! Vault rows by name and by id, for every read needs one. What was read under an earlier rights epoch is dropped; that
//! a vault does not exist is not remembered.

use std::{collections::HashMap, sync::Arc};

use coffer_domain::{
    entity::{Organization, Vault},
    id::VaultId,
    name::{OrgName, VaultName},
    store::LocatedVault,
};
use parking_lot::RwLock;

/// Above this many vaults it starts anew.
const MOST_VAULTS: usize = 10_000;

/// The rows of one epoch.
#[derive(Default)]
pub(super) struct VaultCache(RwLock<Epoch>);

#[derive(Default)]
struct Epoch {
    number: u64,
    count: usize,
    vaults: HashMap<OrgName, HashMap<VaultName, LocatedVault>>,
    by_id: HashMap<VaultId, LocatedVault>,
}

impl VaultCache {
    /// The vault, if it was read in this epoch.
    pub(super) fn get(&self, epoch: u64, organization: &OrgName, vault: &VaultName) -> Option<LocatedVault> {
        let held = self.0.read();
        let found = || held.vaults.get(organization)?.get(vault).cloned();
        (held.number == epoch).then(found).flatten()
    }

    /// The vault of this id, if it was read in this epoch.
    pub(super) fn by_id(&self, epoch: u64, id: VaultId) -> Option<LocatedVault> {
        let held = self.0.read();
        (held.number == epoch)
            .then(|| held.by_id.get(&id).cloned())
            .flatten()
    }

    /// Keeps a row that was asked for when the epoch was `epoch`.
    pub(super) fn put(&self, epoch: u64, (organization, vault): (Organization, Vault)) -> LocatedVault {
        let located = LocatedVault {
            organization,
            vault: Arc::new(vault),
        };
        let mut held = self.0.write();
        if held.number < epoch || held.count >= MOST_VAULTS {
            *held = Epoch {
                number: held.number.max(epoch),
                ..Epoch::default()
            };
        }
        // A newer epoch may have begun while the row was being read: then it may be an old row.
        if held.number == epoch {
            let vaults = held.vaults.entry(located.organization.name.clone()).or_default();
            let new = vaults
                .insert(located.vault.name.clone(), located.clone())
                .is_none();
            held.count += usize::from(new);
            held.by_id.insert(located.vault.id, located.clone());
        }
        located
    }
}

#[cfg(test)]
mod tests {
    use coffer_domain::id::OrgId;
    use jiff::Timestamp;

    use super::*;

    fn row(revision: u64) -> (Organization, Vault) {
        let (id, at) = (OrgId::from_bytes([1; 16]), Timestamp::UNIX_EPOCH);
        let vault = Vault {
            id: VaultId::from_bytes([2; 16]),
            organization: id,
            name: VaultName::new("v").unwrap(),
            environments: Vec::new(),
            environment_types: std::collections::BTreeMap::new(),
            restricted: false,
            access: Vec::new(),
            owner: None,
            created_at: at,
            revision,
        };
        (
            Organization {
                id,
                name: OrgName::new("o").unwrap(),
                label: None,
                account: None,
                created_at: at,
            },
            vault,
        )
    }

    fn get(cache: &VaultCache, epoch: u64) -> Option<u64> {
        let (organization, vault) = row(0);
        cache
            .get(epoch, &organization.name, &vault.name)
            .map(|located| located.vault.revision)
    }

    #[test]
    fn a_row_is_good_for_its_epoch_only() {
        let cache = VaultCache::default();
        cache.put(3, row(1));
        assert_eq!((get(&cache, 3), get(&cache, 4)), (Some(1), None));
        let id = row(1).1.id;
        assert!(cache.by_id(3, id).is_some() && cache.by_id(4, id).is_none());
        cache.put(4, row(2));
        assert_eq!((get(&cache, 3), get(&cache, 4)), (None, Some(2)));
    }

    #[test]
    fn a_row_read_before_a_change_does_not_replace_one_read_after() {
        let cache = VaultCache::default();
        cache.put(4, row(2));
        cache.put(3, row(1));
        assert_eq!(get(&cache, 4), Some(2));
    }
}
