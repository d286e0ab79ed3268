//! A YAML file, for development: top-level keys are mounts, segments walk mappings, and the fragment is the last key.
//! There are no versions. A change replaces the file as a whole; comments do not survive it.

mod emit;
mod file;
mod tree;

use std::{collections::BTreeMap, path::PathBuf};

use async_trait::async_trait;
use coffer_domain::{
    address::Version,
    canonical_uri::{CanonicalUri, UriPrefix},
    provider::{
        Actor, Change, Entry, Found, History, Intent, Moved, Provider, ProviderFault, Removed, Shift, Wrote,
    },
};
use file::File;
use tree::Tree;

/// One file.
#[derive(Debug)]
pub struct YamlFile(File);

impl YamlFile {
    /// At `path`; it is made by the first write.
    pub fn new(path: PathBuf) -> Self {
        Self(File::new(path))
    }

    async fn delete(&self, uri: &CanonicalUri) -> Result<Removed, ProviderFault> {
        let (path, key) = (uri.path.clone(), uri.fragment.clone());
        let remove = move |tree: &mut Tree| match &key {
            Some(key) => tree.remove_key(&path, key.key()).map(|()| false),
            None => tree.remove_node(&path),
        };
        self.0.change(Box::new(remove)).await?;
        Ok(Removed {
            key_only: uri.fragment.is_some(),
            version: None,
        })
    }
}

#[async_trait]
impl Provider for YamlFile {
    fn keeps_versions(&self) -> bool {
        false
    }

    async fn read(&self, _: &Actor, uri: &CanonicalUri) -> Result<Found, ProviderFault> {
        let tree = self.0.read().await?;
        let value = tree.node(&uri.path).ok_or(ProviderFault::NotFound)?;
        Ok(Found { value, version: None })
    }

    async fn write(
        &self,
        _: &Actor,
        uri: &CanonicalUri,
        change: &Change,
        _: Intent,
    ) -> Result<Wrote, ProviderFault> {
        let (path, change) = (uri.path.clone(), change.clone());
        self.0
            .change(Box::new(move |tree: &mut Tree| {
                tree.write(&path, &change).map(|()| false)
            }))
            .await?;
        Ok(Wrote::default())
    }

    async fn remove(&self, _: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault> {
        self.delete(uri).await
    }

    async fn destroy(&self, _: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault> {
        self.delete(uri).await
    }

    async fn history(&self, _: &Actor, _: &CanonicalUri) -> Result<History, ProviderFault> {
        Err(ProviderFault::Unsupported)
    }

    async fn shift(
        &self,
        _: &Actor,
        _: &CanonicalUri,
        _: &[Version],
        _: Shift,
    ) -> Result<Moved, ProviderFault> {
        Err(ProviderFault::Unsupported)
    }

    async fn set_owner(
        &self,
        _: &Actor,
        _: &CanonicalUri,
        _: &str,
    ) -> Result<BTreeMap<String, String>, ProviderFault> {
        Err(ProviderFault::Unsupported)
    }

    async fn entries(&self, _: &Actor, prefix: &UriPrefix) -> Result<Vec<Entry>, ProviderFault> {
        self.0.read().await?.entries(&prefix.path)
    }
}
