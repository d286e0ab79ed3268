//! Objects that wait for a name of the store that another object has: when one lets go, the others look
//! again.

use coffer_crds::condition::{self, reason};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{ResourceExt, runtime::reflector::ObjectRef};

use crate::context::Context;

/// Wakes those that wait for a name in `vault` of `namespace`.
pub fn wake(context: &Context, namespace: &str, vault: &str) {
    let here = |object: &dyn Here| object.is_in(namespace, vault) && waits(object.conditions());
    let secrets = context.caches.secrets.state_filter(|object| here(object));
    let keys = context.caches.keys.state_filter(|object| here(object));
    let mail = &context.mail;
    mail.secrets
        .send_all(secrets.iter().map(|object| ObjectRef::from_obj(&**object)));
    mail.keys
        .send_all(keys.iter().map(|object| ObjectRef::from_obj(&**object)));
}

fn waits(conditions: &[Condition]) -> bool {
    let ready = condition::find(conditions, condition::READY);
    ready.is_some_and(|ready| ready.reason == reason::KEY_OWNED_ELSEWHERE)
}

/// What both kinds have in common.
trait Here {
    fn is_in(&self, namespace: &str, vault: &str) -> bool;
    fn conditions(&self) -> &[Condition];
}

macro_rules! here {
    ($kind:ty) => {
        impl Here for $kind {
            fn is_in(&self, namespace: &str, vault: &str) -> bool {
                self.namespace().as_deref() == Some(namespace) && self.spec.vault_ref.name == vault
            }

            fn conditions(&self) -> &[Condition] {
                self.status
                    .as_ref()
                    .map_or(&[], |status| &status.conditions)
            }
        }
    };
}

here!(coffer_crds::VaultSecret);
here!(coffer_crds::ApiKey);
