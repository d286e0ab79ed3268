//! The store: an engine that keeps rows, and keys that it never sees. Values are sealed on the way in and
//! opened on the way out; everything else passes through.

mod ask;
mod records;
mod rewrap;
mod root;
mod seal;
mod seeds;
mod shelf;
mod vault_cache;
mod wrap;

use std::sync::Arc;

use aws_lc_rs::hmac;
use coffer_domain::{entity::Organization, id::OrgId, name::OrgName, port::Entropy};

use crate::{
    engine::{AuditDurability, Engine, Stats},
    error::OpenError,
    kek::KekProvider,
    keyring::Keyring,
    seed::Seed,
};

use self::{records::RecordSeeds, shelf::Shelf, vault_cache::VaultCache};

/// A store over an engine.
pub struct SealedStore<E> {
    engine: E,
    kek: Arc<dyn KekProvider>,
    entropy: Arc<dyn Entropy>,
    audit_durability: AuditDurability,
    keyring: Keyring,
    vaults: VaultCache,
    organizations: Shelf<OrgId, Organization>,
    organizations_by_name: Shelf<OrgName, Organization>,
    pepper: hmac::Key,
    own_seed: Seed,
    record_seeds: RecordSeeds,
}

impl<E: Engine> SealedStore<E> {
    /// Over `engine`. Makes the store's own keys if it is new; otherwise checks that `kek` is the root key it was
    /// made under, and rewraps all vault keys if a newer one has come.
    pub async fn open(
        engine: E,
        kek: Arc<dyn KekProvider>,
        entropy: Arc<dyn Entropy>,
        audit_durability: AuditDurability,
    ) -> Result<Self, OpenError> {
        let (own_seed, pepper) = root::unlock(&engine, &*kek, &*entropy).await?;
        let store = Self {
            engine,
            kek,
            entropy,
            audit_durability,
            keyring: Keyring::default(),
            vaults: VaultCache::default(),
            organizations: Shelf::default(),
            organizations_by_name: Shelf::default(),
            pepper: hmac::Key::new(hmac::HMAC_SHA256, pepper.reveal()),
            own_seed,
            record_seeds: RecordSeeds::default(),
        };
        store.rewrap().await?;
        Ok(store)
    }

    /// What the engine has done since it was opened.
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }
}

#[cfg(test)]
mod tests;
