//! A server of KV version 2 as far as values are copied from one: what it has, what it was asked, and what it says
//! instead of an answer while it is told to.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use coffer_domain::{
    address::Version,
    canonical_uri::{CanonicalUri, UriPrefix},
    entity::VersionState,
    provider::{
        Actor, Change, Entry, Found, Gone, History, Intent, Line, Moved, Provider, ProviderFault, Removed,
        Shift, Wrote,
    },
    secret_json::SecretJson,
};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;

/// What it says instead of an answer.
type Trouble = fn() -> ProviderFault;

#[derive(Default)]
struct State {
    paths: BTreeMap<String, Vec<(VersionState, Value)>>,
    trouble: Option<Trouble>,
    looks: Vec<String>,
    reads: Vec<String>,
}

#[derive(Clone, Default)]
pub struct Server(Arc<Mutex<State>>);

impl Server {
    /// A new version of a path.
    pub fn put(&self, path: &str, map: Value) {
        let mut state = self.0.lock();
        let versions = state.paths.entry(path.to_owned()).or_default();
        versions.push((VersionState::Live, map));
    }

    /// Deletes the newest version.
    pub fn delete(&self, path: &str) {
        let mut state = self.0.lock();
        let newest = state.paths.get_mut(path).unwrap().last_mut().unwrap();
        newest.0 = VersionState::Deleted;
    }

    /// From now on it says this; `None`: it answers again.
    pub fn trouble(&self, trouble: Option<Trouble>) {
        self.0.lock().trouble = trouble;
    }

    /// The paths whose metadata were asked for.
    pub fn looks(&self) -> Vec<String> {
        self.0.lock().looks.clone()
    }

    /// The paths and versions whose values were.
    pub fn reads(&self) -> Vec<String> {
        self.0.lock().reads.clone()
    }
}

fn made(number: usize) -> Timestamp {
    format!("2026-01-{number:02}T00:00:00.123456789Z")
        .parse()
        .unwrap()
}

#[async_trait]
impl Provider for Server {
    fn keeps_versions(&self) -> bool {
        true
    }

    async fn read(&self, _: &Actor, uri: &CanonicalUri) -> Result<Found, ProviderFault> {
        let mut state = self.0.lock();
        let version = uri.version.expect("the version is named");
        state.reads.push(format!("{}@{version}", uri.path));
        if let Some(trouble) = state.trouble {
            return Err(trouble());
        }
        let versions = state
            .paths
            .get(uri.path.as_str())
            .ok_or(ProviderFault::NotFound)?;
        let number = usize::try_from(version.get()).unwrap();
        match versions.get(number - 1) {
            Some((VersionState::Live, map)) => Ok(Found {
                value: SecretJson::new(map.clone()),
                version: Some(version),
            }),
            Some(_) => Err(ProviderFault::Gone {
                version: version.get(),
                what: Gone::Deleted(None),
            }),
            None => Err(ProviderFault::NotFound),
        }
    }

    async fn history(&self, _: &Actor, uri: &CanonicalUri) -> Result<History, ProviderFault> {
        let mut state = self.0.lock();
        state.looks.push(uri.path.to_string());
        if let Some(trouble) = state.trouble {
            return Err(trouble());
        }
        let versions = state
            .paths
            .get(uri.path.as_str())
            .ok_or(ProviderFault::NotFound)?;
        let line = |(number, (state, _)): (usize, &(VersionState, Value))| Line {
            version: Version::new(number as u64).unwrap(),
            state: *state,
            created_at: made(number),
            deleted_at: None,
        };
        Ok(History {
            current: versions.len() as u64,
            oldest: 0,
            max_versions: 0,
            cas_required: false,
            delete_version_after: "0s".to_owned(),
            created_at: made(1),
            updated_at: made(versions.len()),
            versions: (1..).zip(versions).map(line).collect(),
            custom: BTreeMap::new(),
        })
    }

    async fn write(
        &self,
        _: &Actor,
        _: &CanonicalUri,
        _: &Change,
        _: Intent,
    ) -> Result<Wrote, ProviderFault> {
        panic!("nothing is written there");
    }

    async fn remove(&self, _: &Actor, _: &CanonicalUri) -> Result<Removed, ProviderFault> {
        panic!("nothing is removed there");
    }

    async fn destroy(&self, _: &Actor, _: &CanonicalUri) -> Result<Removed, ProviderFault> {
        panic!("nothing is destroyed there");
    }

    async fn shift(
        &self,
        _: &Actor,
        _: &CanonicalUri,
        _: &[Version],
        _: Shift,
    ) -> Result<Moved, ProviderFault> {
        panic!("nothing is moved there");
    }

    async fn set_owner(
        &self,
        _: &Actor,
        _: &CanonicalUri,
        _: &str,
    ) -> Result<BTreeMap<String, String>, ProviderFault> {
        panic!("nobody is made an owner there");
    }

    async fn entries(&self, _: &Actor, _: &UriPrefix) -> Result<Vec<Entry>, ProviderFault> {
        panic!("nothing is listed there");
    }
}
