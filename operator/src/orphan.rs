//! Owners in the store whose object is gone: deleted without its finalizer, or while the operator was
//! away. Names are unique and the cache holds every object that ever owned anything and still lives, so
//! an owner that the cache does not know with this uid is gone for good.

use coffer_crds::{ApiKey, Vault, VaultSecret};
use coffer_domain::entity::Owner;
use kube::runtime::reflector::{Lookup, Store};

use crate::{context::Caches, identity::object_of};

/// Whether `owner`'s object no longer exists.
pub fn is_gone(caches: &Caches, owner: &Owner) -> bool {
    match owner.kind.as_str() {
        "Vault" => gone::<Vault>(&caches.vaults, owner),
        "VaultSecret" => gone::<VaultSecret>(&caches.secrets, owner),
        "ApiKey" => gone::<ApiKey>(&caches.keys, owner),
        // Not a kind of ours: someone else's to judge.
        _ => false,
    }
}

fn gone<K>(cache: &Store<K>, owner: &Owner) -> bool
where
    K: kube::Resource<DynamicType = ()> + Lookup<DynamicType = ()> + Clone + 'static,
{
    let found = object_of::<K>(owner).and_then(|reference| cache.get(&reference));
    found.is_none_or(|object| object.meta().uid.as_deref() != Some(owner.uid.as_str()))
}
