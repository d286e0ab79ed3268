//! Changing the root key: every vault key is unwrapped with the old one and wrapped with the new one. No value
//! is touched. An interrupted pass is taken up at the next opening: the store's own key comes last.

use coffer_domain::store::StoreError;

use super::{
    SealedStore, root,
    wrap::{store_error, wrap},
};
use crate::{
    aad::Aad,
    engine::{Engine, Root, VaultKey},
};

/// Vault keys per transaction.
const BATCH: u32 = 500;

impl<E: Engine> SealedStore<E> {
    /// Wraps everything under the provider's current key that is not yet; says how many vault keys that were.
    pub async fn rewrap(&self) -> Result<usize, StoreError> {
        let current = self.kek.status().await.map_err(store_error)?;
        let mut done = 0;
        loop {
            let old = self.engine.vault_keys_not_under(current.as_str(), BATCH).await?;
            if old.is_empty() {
                break;
            }
            done += old.len();
            let new = self.rewrap_keys(old).await?;
            self.engine.replace_vault_keys(new).await?;
            tracing::info!(done, root_key = %current, "rewrapped vault keys");
        }
        if let Some(root) = self.engine.root().await?
            && root.seed.key_id != current
        {
            self.rewrap_root(root).await?;
            tracing::info!(root_key = %current, "the store is under a new root key");
        }
        Ok(done)
    }

    async fn rewrap_keys(&self, old: Vec<VaultKey>) -> Result<Vec<VaultKey>, StoreError> {
        let mut new = Vec::with_capacity(old.len());
        for key in old {
            let seed = self.unwrap(&key).await?;
            let place = |id: &_| Aad::vault_seed(key.organization, key.vault, key.generation, id);
            let wrapped = wrap(&*self.kek, place, &seed).await.map_err(store_error)?;
            new.push(VaultKey { wrapped, ..key });
        }
        Ok(new)
    }

    async fn rewrap_root(&self, root: Root) -> Result<(), StoreError> {
        let seed = root::unwrap(&*self.kek, &root).await.map_err(store_error)?;
        let place = |id: &_| Aad::store_seed(&root.store, id);
        let seed = wrap(&*self.kek, place, &seed).await.map_err(store_error)?;
        self.engine.put_root(Root { seed, ..root }).await
    }
}
