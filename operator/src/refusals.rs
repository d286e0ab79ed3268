//! Refusals that are on record: what an object asks for and may not have is recorded in the audit log once, and not
//! at each reconciliation, nor after a new start what the status has said since an earlier one.

use std::collections::HashMap;

use coffer_crds::VaultSecret;
use parking_lot::Mutex;

/// In which words a key of an object was refused, and of which generation.
type Refusal = (i64, String);

/// What this process has recorded, by uid and key.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<(String, String), Refusal>>);

impl Refusals {
    /// Whether it is on record that a key of this object is refused in these words.
    pub fn knows(&self, object: &VaultSecret, key: &str, words: &str) -> bool {
        let generation = object.metadata.generation;
        let conditions = object.status.iter().flat_map(|status| &status.conditions);
        let mut present = conditions.filter(|said| said.observed_generation == generation);
        present.any(|said| said.message.contains(words))
            || self.0.lock().get(&place(object, key)) == Some(&refusal(object, words))
    }

    /// It is on record now.
    pub fn note(&self, object: &VaultSecret, key: &str, words: &str) {
        let noted = refusal(object, words);
        self.0.lock().insert(place(object, key), noted);
    }

    /// The object is gone.
    pub fn forget(&self, uid: &str) {
        self.0.lock().retain(|(its, _), _| its != uid);
    }
}

fn place(object: &VaultSecret, key: &str) -> (String, String) {
    (object.metadata.uid.clone().unwrap_or_default(), key.to_owned())
}

fn refusal(object: &VaultSecret, words: &str) -> Refusal {
    (object.metadata.generation.unwrap_or_default(), words.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(generation: i64, said: &str) -> VaultSecret {
        let condition = json!({"type": "Ready", "status": "False", "reason": "SealRefused", "observedGeneration": 3,
                               "message": said, "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let object = json!({
            "apiVersion": "coffer.dev/v1alpha1", "kind": "VaultSecret",
            "metadata": {"name": "web", "uid": "u1", "generation": generation},
            "spec": {"vaultRef": {"name": "app"}, "data": {}},
            "status": {"conditions": [condition]},
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn each_is_on_record_once_for_a_generation_and_its_words() {
        let (refusals, first) = (Refusals::default(), object(4, ""));
        assert!(!refusals.knows(&first, "A", "sealed for B"));
        refusals.note(&first, "A", "sealed for B");
        assert!(refusals.knows(&first, "A", "sealed for B"));
        assert!(!refusals.knows(&first, "A", "sealed for C"));
        assert!(!refusals.knows(&first, "B", "sealed for B"));
        assert!(!refusals.knows(&object(5, ""), "A", "sealed for B"));
        refusals.forget("u2");
        assert!(refusals.knows(&first, "A", "sealed for B"));
        refusals.forget("u1");
        assert!(!refusals.knows(&first, "A", "sealed for B"));
    }

    #[test]
    fn what_the_status_says_of_this_generation_is_on_record_too() {
        let refusals = Refusals::default();
        assert!(refusals.knows(
            &object(3, "data.A: sealed for B; and more"),
            "A",
            "data.A: sealed for B"
        ));
        assert!(!refusals.knows(&object(4, "data.A: sealed for B"), "A", "data.A: sealed for B"));
    }
}
