//! Which bundles there are, as far as this process knows.

use std::collections::{HashMap, HashSet};

use coffer_bundle::secret_name;
use coffer_wire::bundle::BundleIdentity;

use super::{decide::Kept, desk::Marks};

/// The most bundles in one namespace: whoever runs a pod there could otherwise ask for any number of them.
pub const MOST_OF_NAMESPACE: usize = 512;

/// The bundles, by whose they are.
#[derive(Debug, Default)]
pub struct Ledger {
    pub kept: HashMap<BundleIdentity, Kept>,
    /// Why a bundle that is asked for is not there, as it was told.
    pub told: HashMap<BundleIdentity, String>,
    /// To be looked at again: the cluster or the store did not answer.
    pub again: HashSet<BundleIdentity>,
}

impl Ledger {
    /// Takes notice of deleted Secrets, and says which identities the marks concern.
    pub fn concerned(&mut self, marks: &Marks) -> HashSet<BundleIdentity> {
        if !marks.deleted.is_empty() {
            self.kept.retain(|identity, _| {
                !marks
                    .deleted
                    .contains(&(identity.namespace.clone(), secret_name(identity)))
            });
        }
        let mut concerned = std::mem::take(&mut self.again);
        concerned.extend(marks.asked.iter().cloned());
        let known = self
            .kept
            .keys()
            .filter(|identity| marks.all || touched(marks, identity));
        concerned.extend(known.cloned());
        concerned
    }

    /// Whether the namespace has as many as it may.
    pub fn is_full(&self, namespace: &str) -> bool {
        self.kept
            .keys()
            .filter(|identity| identity.namespace == namespace)
            .count()
            >= MOST_OF_NAMESPACE
    }
}

fn touched(marks: &Marks, identity: &BundleIdentity) -> bool {
    let content = &identity.content;
    let vault = (content.organization.clone(), content.vault.clone());
    marks.vaults.contains(&vault)
        || marks.places.iter().any(|place| {
            place.organization.as_str() == content.organization
                && place.vault.as_str() == content.vault
                && place.environment.as_str() == content.environment
        })
}
