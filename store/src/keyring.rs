//! The data keys of vaults, unwrapped, in memory. Knows neither where wrapped keys are kept nor who unwraps
//! them.

use std::{collections::HashMap, sync::Arc};

use coffer_domain::id::VaultId;
use parking_lot::RwLock;

use crate::seed::Seed;

/// Above this many vaults it starts anew: 64 bytes or so each.
const MOST_VAULTS: usize = 100_000;

/// The keys of one vault.
#[derive(Debug)]
pub(crate) struct VaultSeeds(Vec<(u32, Seed)>);

impl VaultSeeds {
    /// Of a vault's keys with their generations; `None` if there are none.
    pub(crate) fn new(mut seeds: Vec<(u32, Seed)>) -> Option<Self> {
        seeds.sort_by_key(|(generation, _)| *generation);
        (!seeds.is_empty()).then_some(Self(seeds))
    }

    /// A new vault's first.
    pub(crate) fn first(seed: Seed) -> Self {
        Self(vec![(1, seed)])
    }

    /// The one that new records are sealed under: the newest.
    pub(crate) fn newest(&self) -> Option<(u32, &Seed)> {
        self.0.last().map(|(generation, seed)| (*generation, seed))
    }

    /// The one of this generation.
    pub(crate) fn of(&self, wanted: u32) -> Option<&Seed> {
        self.0
            .iter()
            .find(|(generation, _)| *generation == wanted)
            .map(|(_, seed)| seed)
    }
}

/// All vaults' keys, as far as they were needed.
#[derive(Default)]
pub(crate) struct Keyring(RwLock<HashMap<VaultId, Arc<VaultSeeds>>>);

impl Keyring {
    /// A vault's keys, if they are here.
    pub(crate) fn get(&self, vault: VaultId) -> Option<Arc<VaultSeeds>> {
        self.0.read().get(&vault).cloned()
    }

    /// Keeps a vault's keys.
    pub(crate) fn put(&self, vault: VaultId, seeds: Arc<VaultSeeds>) {
        let mut vaults = self.0.write();
        if vaults.len() >= MOST_VAULTS {
            vaults.clear();
        }
        vaults.insert(vault, seeds);
    }

    /// Forgets a dropped vault's keys, which wipes them once nobody is using them.
    pub(crate) fn forget(&self, vault: VaultId) {
        self.0.write().remove(&vault);
    }
}
