//! What vaults of repositories need beside the general use-cases: accounts that a forge knows, roles on
//! repositories as grants, device codes, overrides, activity, trials. What is no tenant's own is kept in an
//! organization of the door's.

mod account;
mod activity;
mod alerts;
mod device;
mod frozen;
mod history;
mod integrations;
mod organizations;
mod overrides;
mod records;
mod signing;
mod trial;
mod vault;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;

pub use account::{Account, DOOR, Session};
pub use activity::Activity;
pub use alerts::Alert;
pub use device::{DEVICE_LIFE, Device, DeviceState, StartedDevice};
pub use frozen::Frozen;
pub use integrations::{
    Connection, Difference, Direction, Link, SyncOutcome, SyncPlan, SyncRequest, SyncStatus,
};
pub use organizations::{Colleague, Company, Compared, Settings as OrganizationSettings};
pub use overrides::{MOST as MOST_OVERRIDES, Override};
pub use trial::{TRIAL_DAYS, Trial};
pub use vault::{Entered, Summary};

use super::{Caller, Coffer};
use crate::{
    Error,
    audit::Origin,
    forge::{Forge, ForgeError},
    id::{OrgId, UserId, VaultId},
    integration::Integrations,
    name::OrgName,
    principal::Principal,
    record::Kept,
    repo_role::Rules,
    secret_value::SecretValue,
};

/// The door's own organization. Neither a forge's login nor a namespace can have this name.
const HOME: &str = "_keyway";

/// Things looked up under one epoch of rights.
type Shelf<K, V> = Mutex<(u64, HashMap<K, V>)>;

/// The most things kept on a shelf; the next one empties it.
const CAPACITY: usize = 10_000;

/// The use-cases, over one store and one forge.
#[derive(Debug)]
pub struct Keyway {
    coffer: Coffer,
    forge: Arc<dyn Forge>,
    integrations: Integrations,
    home: OnceLock<OrgId>,
    signing: OnceLock<SecretValue>,
    accounts: Shelf<UserId, Kept<Account>>,
    rules: Shelf<VaultId, Arc<Rules>>,
}

impl std::fmt::Debug for Coffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Coffer")
    }
}

impl Keyway {
    /// Over `coffer`, asking `forge`, and speaking with the providers of `integrations`.
    pub fn new(coffer: Coffer, forge: Arc<dyn Forge>, integrations: Integrations) -> Self {
        Self {
            coffer,
            forge,
            integrations,
            home: OnceLock::new(),
            signing: OnceLock::new(),
            accounts: Shelf::default(),
            rules: Shelf::default(),
        }
    }

    /// The forge it asks.
    pub fn forge(&self) -> &dyn Forge {
        &*self.forge
    }

    /// The door's own organization, made now if there is none.
    async fn home(&self) -> Result<OrgId, Error> {
        if let Some(home) = self.home.get() {
            return Ok(*home);
        }
        let name = OrgName::new(HOME)?;
        let made = self.coffer.ensure_organization(&door(), &name).await?;
        Ok(*self.home.get_or_init(|| made.id))
    }
}

/// The door itself, for what nobody asked for.
fn door() -> Caller {
    Caller {
        principal: Principal::Controller,
        origin: Origin {
            door: DOOR,
            address: None,
            request: None,
            agent: None,
        },
    }
}

fn shelved<K: std::hash::Hash + Eq, V: Clone>(shelf: &Shelf<K, V>, epoch: u64, key: &K) -> Option<V> {
    let shelf = shelf.lock();
    (shelf.0 == epoch).then(|| shelf.1.get(key).cloned()).flatten()
}

fn put<K: std::hash::Hash + Eq, V>(shelf: &Shelf<K, V>, epoch: u64, key: K, value: V) {
    let mut shelf = shelf.lock();
    if shelf.0 != epoch || shelf.1.len() >= CAPACITY {
        *shelf = (epoch, HashMap::new());
    }
    shelf.1.insert(key, value);
}

impl From<ForgeError> for Error {
    fn from(error: ForgeError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
