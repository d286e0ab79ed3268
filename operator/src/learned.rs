//! What our own reconciliations know of values, and no status in the cache shows yet. Each writes its status, or is tried
//! again until it has; a change that it knows of concerns it no more, however long the status takes.

use std::collections::HashMap;

use coffer_crds::VaultSecretStatus;
use coffer_domain::{address::Version, usecase::secrets::KeyState};
use parking_lot::Mutex;

use crate::feed::shown;

/// Names, and their versions.
type Known = Vec<(String, Option<Version>)>;

/// By uid, of those objects that wait for their status.
#[derive(Debug, Default)]
pub struct Learned(Mutex<HashMap<String, Known>>);

impl Learned {
    /// A reconciliation of the object with this uid is about to say how these stand, where `status` does not.
    pub fn note(&self, uid: &str, states: &[KeyState], status: Option<&VaultSecretStatus>) {
        let known = states.iter().map(|state| (state.name.to_string(), state.version));
        let known: Known = known.collect();
        let mut learned = self.0.lock();
        if shows(status, &known) {
            learned.remove(uid);
        } else {
            learned.insert(uid.to_owned(), known);
        }
    }

    /// Whether one knows of this version, or that there is none.
    pub fn knows(&self, uid: Option<&str>, name: &str, version: Option<Version>) -> bool {
        let learned = self.0.lock();
        let known = uid.and_then(|uid| learned.get(uid));
        known.is_some_and(|known| known.iter().any(|(its, of)| its == name && *of == version))
    }

    /// The cache has this status now: what it shows is kept no longer.
    pub fn came(&self, uid: &str, status: Option<&VaultSecretStatus>) {
        let mut learned = self.0.lock();
        if learned.get(uid).is_some_and(|known| shows(status, known)) {
            learned.remove(uid);
        }
    }

    /// The object is gone.
    pub fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}

fn shows(status: Option<&VaultSecretStatus>, known: &Known) -> bool {
    known
        .iter()
        .all(|(name, version)| shown(status, name) == version.map(Version::get))
}

#[cfg(test)]
mod tests {
    use coffer_domain::name::SecretName;
    use serde_json::json;

    use super::*;

    fn states(version: Option<u64>) -> Vec<KeyState> {
        let (changed_at, env_file_unfit) = (None, None);
        vec![KeyState {
            name: SecretName::new("A").unwrap(),
            version: version.and_then(Version::new),
            changed_at,
            env_file_unfit,
        }]
    }

    fn status(version: Option<u64>) -> VaultSecretStatus {
        serde_json::from_value(json!({"keys": [{"name": "A", "version": version}]})).unwrap()
    }

    #[test]
    fn a_version_is_known_from_the_reconciliation_until_the_status_shows_it() {
        let learned = Learned::default();
        let knows = |version| learned.knows(Some("u"), "A", Version::new(version));
        assert!(!knows(1));
        learned.note("u", &states(Some(1)), Some(&status(None)));
        assert!(knows(1) && !knows(2), "another version is news");
        assert!(!learned.knows(Some("u"), "A", None), "so is that it is gone");
        assert!(!learned.knows(Some("v"), "A", Version::new(1)));
        learned.came("u", Some(&status(None)));
        assert!(knows(1), "an older status takes nothing back");
        learned.came("u", Some(&status(Some(1))));
        assert!(!knows(1) && learned.0.lock().is_empty(), "nothing is kept");
        learned.note("u", &states(Some(1)), Some(&status(Some(1))));
        assert!(learned.0.lock().is_empty(), "nor of what is shown already");
    }

    #[test]
    fn of_what_is_gone_nothing_is_kept() {
        let learned = Learned::default();
        learned.note("u", &states(Some(3)), None);
        assert!(learned.knows(Some("u"), "A", Version::new(3)));
        learned.forget("u");
        assert!(!learned.knows(Some("u"), "A", Version::new(3)));
    }
}
