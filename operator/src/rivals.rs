//! Objects that wait for a name of the store that another object has: when one lets go, the others look
//! again.

use coffer_crds::{
    ApiKey, VaultSecret,
    condition::{self, reason},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;

use crate::{
    context::Context,
    links::{Linked, Links},
};

/// A vault, by its namespace and name.
type Vault = (String, String);

/// Who waits for a name in which vault.
pub type Rivals = Links<Vault>;

/// Wakes those that wait for a name in `vault` of `namespace`.
pub fn wake(context: &Context, namespace: &str, vault: &str) {
    for user in context.rivals.of(&(namespace.to_owned(), vault.to_owned())) {
        user.wake(context);
    }
}

/// Notes whether the object waits, as the cache holds it from now on.
pub fn note(rivals: &Rivals, object: &impl Rival, gone: bool) {
    let waits = !gone && waits(object.conditions());
    let vault = waits.then(|| (object.namespace().unwrap_or_default(), object.vault().to_owned()));
    rivals.set(object.user(), vault.into_iter().collect());
}

fn waits(conditions: &[Condition]) -> bool {
    let ready = condition::find(conditions, condition::READY);
    ready.is_some_and(|ready| ready.reason == reason::KEY_OWNED_ELSEWHERE)
}

/// What both kinds have in common.
pub trait Rival: Linked {
    /// The name of its vault.
    fn vault(&self) -> &str;
    /// How it stands.
    fn conditions(&self) -> &[Condition];
}

macro_rules! rival {
    ($kind:ty) => {
        impl Rival for $kind {
            fn vault(&self) -> &str {
                &self.spec.vault_ref.name
            }

            fn conditions(&self) -> &[Condition] {
                self.status
                    .as_ref()
                    .map_or(&[], |status| &status.conditions)
            }
        }
    };
}

rival!(VaultSecret);
rival!(ApiKey);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(reason: &str) -> VaultSecret {
        let condition = json!({"type": "Ready", "status": "False", "reason": reason, "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        serde_json::from_value(json!({
            "metadata": {"namespace": "team", "name": "web"},
            "spec": {"vaultRef": {"name": "app"}, "data": {"A": {"external": {}}}},
            "status": {"conditions": [condition]},
        }))
        .unwrap()
    }

    #[test]
    fn one_waits_from_the_refusal_to_the_end_of_it_or_its_own() {
        let (rivals, vault) = (Rivals::default(), ("team".to_owned(), "app".to_owned()));
        for (reason, gone, waits) in [
            ("Reconciled", false, 0),
            ("KeyOwnedElsewhere", false, 1),
            ("KeyOwnedElsewhere", false, 1),
            ("Reconciled", false, 0),
            ("KeyOwnedElsewhere", false, 1),
            ("KeyOwnedElsewhere", true, 0),
        ] {
            note(&rivals, &object(reason), gone);
            assert_eq!(rivals.of(&vault).len(), waits, "{reason}, gone: {gone}");
        }
        note(&rivals, &object("KeyOwnedElsewhere"), false);
        assert!(rivals.of(&("team".to_owned(), "other".to_owned())).is_empty());
    }
}
