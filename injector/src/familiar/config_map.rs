//! `ConfigMap`s that may hold references. Which ones a pod names is told by its review; they are read while that is
//! answered, one after the other, and nothing of them is kept (ADR 16). Of a text that is no reference only its key
//! stays.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client};
use tokio::{sync::Semaphore, time::timeout};

use super::reference;
use crate::view::{Container, Pod, Text};

/// The most that one pod may name.
const MOST: usize = 16;
/// The longest that one may take to be read; the API server waits three seconds for all.
const DEADLINE: Duration = Duration::from_millis(800);
/// The most pods whose `ConfigMap`s are read at a time: each may be a megabyte.
const AT_ONCE: usize = 2;

/// What is known of a `ConfigMap`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Map {
    /// Its keys, and the texts among them that look like references.
    Data(BTreeMap<String, Option<String>>),
    /// There is none of that name.
    Missing,
    /// It was not read, and why.
    Unread(String),
}

/// `ConfigMap`s of the pod's namespace. Those that it does not have are not looked at.
#[derive(Debug, Default)]
pub struct ConfigMaps(BTreeMap<String, Map>);

impl ConfigMaps {
    /// One of them.
    pub fn get(&self, name: &str) -> Option<&Map> {
        self.0.get(name)
    }

    /// Takes one in.
    pub fn put(&mut self, name: String, map: Map) {
        self.0.insert(name, map);
    }
}

impl Map {
    /// Keeps what matters of a `ConfigMap`'s `data`.
    pub fn of(data: impl IntoIterator<Item = (String, String)>) -> Self {
        let kept = |(key, text): (String, String)| {
            let is_reference = reference::read(&text).is_some();
            (key, is_reference.then_some(text))
        };
        Self::Data(data.into_iter().map(kept).collect())
    }
}

/// The names that the containers' variables come from.
pub fn named<'p>(pod: &'p Pod<'_>) -> BTreeSet<&'p str> {
    let containers = pod.spec.all().map(|(_, container)| container);
    containers
        .flat_map(of_container)
        .filter(|name| !name.is_empty())
        .collect()
}

fn of_container<'p>(container: &'p Container<'_>) -> impl Iterator<Item = &'p str> {
    let keys = container
        .env
        .iter()
        .flatten()
        .filter_map(|variable| variable.config_map_key()?.name.as_ref());
    let whole = container
        .env_from
        .iter()
        .flatten()
        .filter_map(|source| source.config_map_ref.as_ref()?.name.as_ref());
    keys.chain(whole).map(Text::as_str)
}

/// Reads `ConfigMap`s.
pub struct Source {
    client: Client,
    turns: Semaphore,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Source {
    /// With the client's rights.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            turns: Semaphore::new(AT_ONCE),
        }
    }

    /// Reads those of `namespace`; one that cannot be read is there with the reason.
    pub async fn read(&self, namespace: &str, names: &BTreeSet<String>) -> ConfigMaps {
        let mut maps = ConfigMaps::default();
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), namespace);
        let turn = timeout(DEADLINE, self.turns.acquire()).await;
        for (i, name) in names.iter().enumerate() {
            let map = match &turn {
                Ok(Ok(_)) if i < MOST => one(&api, name).await,
                Ok(Ok(_)) => Map::Unread(format!("the pod names more than {MOST} of them")),
                _ => Map::Unread("too many are read at this moment".to_owned()),
            };
            let failed = matches!(map, Map::Unread(_));
            maps.put(name.clone(), map);
            if failed {
                // The pod is refused; the rest is nobody's to wait for.
                break;
            }
        }
        maps
    }
}

async fn one(api: &Api<ConfigMap>, name: &str) -> Map {
    match timeout(DEADLINE, api.get_opt(name)).await {
        Ok(Ok(Some(found))) => Map::of(found.data.unwrap_or_default()),
        Ok(Ok(None)) => Map::Missing,
        Ok(Err(error)) => {
            tracing::warn!(%error, "cannot read a ConfigMap");
            Map::Unread("the API server does not give it to the injector".to_owned())
        }
        Err(_) => Map::Unread("the API server does not answer".to_owned()),
    }
}
