//! Where it is said which bundles are wanted and what may have changed. Saying costs little and never waits; the keeper
//! takes everything that gathered at once.

use std::{collections::HashSet, sync::Arc, time::Duration};

use coffer_bundle::RootKeys;
use coffer_domain::{
    address::Place,
    name::{OrgName, SecretName, VaultName},
    port::Entropy,
    principal::Workload,
    usecase::consumers::Wanted,
};
use coffer_wire::bundle::{BundleContent, BundleIdentity};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout};

/// The most identities that wait to be looked at; what is beyond them asks again at its next sign of life.
const MOST_WAITING: usize = 10_000;

/// Takes what the doors, the feed and the watches say.
pub struct Desk {
    /// What bundles are sealed with.
    pub(super) keys: RootKeys,
    /// Where salts come from.
    pub(super) entropy: Arc<dyn Entropy>,
    marks: Mutex<Marks>,
    bell: Notify,
}

/// What to look at.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Identities that a live pod asked for.
    pub asked: HashSet<BundleIdentity>,
    /// Environments in which something changed.
    pub places: HashSet<Place>,
    /// Vaults of which something changed.
    pub vaults: HashSet<(String, String)>,
    /// Secrets that somebody deleted: namespace and name.
    pub deleted: HashSet<(String, String)>,
    /// Look at everything.
    pub all: bool,
}

impl Desk {
    /// Seals with these keys.
    pub fn new(keys: RootKeys, entropy: Arc<dyn Entropy>) -> Self {
        let (marks, bell) = Default::default();
        Self {
            keys,
            entropy,
            marks,
            bell,
        }
    }

    /// A pod of this workload holds what it wants and would start with it.
    pub fn asked(&self, workload: &Workload, place: &Place, wanted: &Wanted, max_stale: u64) {
        let names = match wanted {
            Wanted::All => None,
            Wanted::Named(names) => Some(names.iter().map(SecretName::to_string).collect()),
        };
        let identity = BundleIdentity {
            namespace: workload.namespace.clone(),
            service_account: workload.service_account.clone(),
            content: BundleContent {
                organization: place.organization.to_string(),
                vault: place.vault.to_string(),
                environment: place.environment.to_string(),
                names,
                max_stale,
            },
        };
        self.mark(|marks| {
            if marks.asked.len() < MOST_WAITING {
                marks.asked.insert(identity);
            }
        });
    }

    /// Values of these environments changed, or something of these vaults.
    pub fn changed(
        &self,
        places: impl IntoIterator<Item = Place>,
        vaults: impl IntoIterator<Item = (OrgName, VaultName)>,
    ) {
        self.mark(|marks| {
            marks.places.extend(places);
            let names = vaults
                .into_iter()
                .map(|(org, vault)| (org.to_string(), vault.to_string()));
            marks.vaults.extend(names);
        });
    }

    /// A `Vault` object changed or went.
    pub fn vault_changed(&self, namespace: &str, name: &str) {
        self.mark(|marks| marks.vaults.extend([(namespace.to_owned(), name.to_owned())]));
    }

    /// A Secret that may have been a bundle is gone.
    pub fn deleted(&self, namespace: &str, name: &str) {
        self.mark(|marks| marks.deleted.extend([(namespace.to_owned(), name.to_owned())]));
    }

    fn mark(&self, mark: impl FnOnce(&mut Marks)) {
        mark(&mut self.marks.lock());
        self.bell.notify_one();
    }

    /// What gathered; after `patience` without anything, everything is to be looked at.
    pub(super) async fn take(&self, patience: Duration) -> Marks {
        let quiet = timeout(patience, self.bell.notified()).await.is_err();
        let mut marks = std::mem::take(&mut *self.marks.lock());
        marks.all |= quiet;
        marks
    }
}
