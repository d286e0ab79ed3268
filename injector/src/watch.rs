//! Keeps the [`Index`] like the cluster's `Vault`s and `VaultSecret`s, by watching them.

use std::{collections::BTreeSet, fmt::Debug, sync::Arc};

use coffer_crds::{Vault, VaultSecret};
use futures::{Stream, StreamExt};
use kube::{
    Api, Client, Resource, ResourceExt,
    core::DeserializeGuard,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use parking_lot::RwLock;
use serde::de::DeserializeOwned;

use crate::{
    health::{Health, Part},
    known::{Index, Name},
};

/// The index as reviews read it.
pub type Shared = Arc<RwLock<Index>>;

/// A kind that the index takes in.
pub trait Indexed:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
    /// The part of readiness that it is.
    const PART: Part;
    /// Takes one object in.
    fn put(&self, name: Name, index: &mut Index);
    /// Forgets one.
    fn drop(name: &Name, index: &mut Index);
    /// Forgets all but `names`.
    fn keep(names: &BTreeSet<Name>, index: &mut Index);
}

impl Indexed for Vault {
    const PART: Part = Part::Vaults;

    fn put(&self, name: Name, index: &mut Index) {
        index.put_vault(name, &self.spec);
    }

    fn drop(name: &Name, index: &mut Index) {
        index.drop_vault(name);
    }

    fn keep(names: &BTreeSet<Name>, index: &mut Index) {
        index.keep_vaults(names);
    }
}

impl Indexed for VaultSecret {
    const PART: Part = Part::VaultSecrets;

    fn put(&self, name: Name, index: &mut Index) {
        index.put_secret(name, &self.spec);
    }

    fn drop(name: &Name, index: &mut Index) {
        index.drop_secret(name);
    }

    fn keep(names: &BTreeSet<Name>, index: &mut Index) {
        index.keep_secrets(names);
    }
}

/// Watches one kind for as long as the program runs. An object that does not parse is left out and
/// logged; it does not stop the others.
pub async fn run<K: Indexed>(client: Client, index: Shared, health: Arc<Health>) {
    let config = watcher::Config::default().page_size(100);
    let events = watcher(Api::<DeserializeGuard<K>>::all(client), config).default_backoff();
    follow(events, &index, &health).await;
}

/// Applies events as they come.
pub async fn follow<K: Indexed>(
    events: impl Stream<Item = watcher::Result<Event<DeserializeGuard<K>>>>,
    index: &RwLock<Index>,
    health: &Health,
) {
    let mut events = std::pin::pin!(events);
    let mut listed = BTreeSet::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => apply(event, &mut listed, index, health),
            Err(error) => {
                tracing::warn!(kind = %K::kind(&()), %error, "cannot watch; trying again");
                health.set_trouble(K::PART, format!("cannot watch {}: {error}", K::plural(&())));
            }
        }
    }
}

fn apply<K: Indexed>(
    event: Event<DeserializeGuard<K>>,
    listed: &mut BTreeSet<Name>,
    index: &RwLock<Index>,
    health: &Health,
) {
    match event {
        Event::Init => listed.clear(),
        Event::InitApply(object) => {
            listed.insert(name(&object));
            put(object, index);
        }
        Event::InitDone => {
            K::keep(&std::mem::take(listed), &mut index.write());
            health.set_ready(K::PART);
        }
        Event::Apply(object) => put(object, index),
        Event::Delete(object) => K::drop(&name(&object), &mut index.write()),
    }
}

fn put<K: Indexed>(object: DeserializeGuard<K>, index: &RwLock<Index>) {
    let name = name(&object);
    match object.0 {
        Ok(object) => object.put(name, &mut index.write()),
        Err(error) => {
            tracing::warn!(kind = %K::kind(&()), namespace = name.0, name = name.1, %error, "object does not parse");
            K::drop(&name, &mut index.write());
        }
    }
}

fn name(object: &impl ResourceExt) -> Name {
    (object.namespace().unwrap_or_default(), object.name_any())
}
