//! From a vault to its keys: from memory, or unwrapped once.

use std::sync::Arc;

use coffer_domain::{
    id::{OrgId, VaultId},
    store::StoreError,
};

use super::{
    SealedStore,
    wrap::{store_error, wrap},
};
use crate::{
    aad::Aad,
    engine::{Engine, VaultKey},
    keyring::VaultSeeds,
    seed::Seed,
};

impl<E: Engine> SealedStore<E> {
    /// The keys of a vault; `None` if there is no such vault (any more).
    pub(super) async fn seeds(&self, vault: VaultId) -> Result<Option<Arc<VaultSeeds>>, StoreError> {
        if let Some(seeds) = self.keyring.get(vault) {
            return Ok(Some(seeds));
        }
        let epoch = self.engine.rights_epoch();
        let mut seeds = Vec::new();
        for key in self.engine.vault_keys(vault).await? {
            seeds.push((key.generation, self.unwrap(&key).await?));
        }
        let seeds = VaultSeeds::new(seeds).map(Arc::new);
        // A vault dropped meanwhile is to leave no key behind.
        if let Some(seeds) = &seeds
            && self.engine.rights_epoch() == epoch
        {
            self.keyring.put(vault, Arc::clone(seeds));
        }
        Ok(seeds)
    }

    pub(super) async fn unwrap(&self, key: &VaultKey) -> Result<Seed, StoreError> {
        let aad = Aad::vault_seed(key.organization, key.vault, key.generation, &key.wrapped.key_id);
        self.kek.unwrap(&aad, &key.wrapped).await.map_err(store_error)
    }

    /// A new vault's first key, and the same wrapped.
    pub(super) async fn first_key(
        &self,
        organization: OrgId,
        vault: VaultId,
    ) -> Result<(VaultKey, VaultSeeds), StoreError> {
        let (seed, generation) = (Seed::fresh(&*self.entropy), 1);
        let place = |id: &_| Aad::vault_seed(organization, vault, generation, id);
        let wrapped = wrap(&*self.kek, place, &seed).await.map_err(store_error)?;
        Ok((
            VaultKey {
                organization,
                vault,
                generation,
                wrapped,
            },
            VaultSeeds::first(seed),
        ))
    }
}
