//! The mapping that the file holds: finding, changing and listing what is in it.

use coffer_domain::{
    canonical_uri::UriPath,
    provider::{Change, Entry, PayloadFault, ProviderFault, ValueKind},
    secret_json::SecretJson,
};
use serde_json::{Map, Value};

/// A mapping of mounts.
#[derive(Debug)]
pub(super) struct Tree(SecretJson);

impl Default for Tree {
    fn default() -> Self {
        Self(SecretJson::from(Map::new()))
    }
}

impl Tree {
    pub(super) fn of(root: SecretJson) -> Self {
        Self(root)
    }

    pub(super) fn root(&self) -> &SecretJson {
        &self.0
    }

    fn find(&self, path: &UriPath) -> Option<&Value> {
        path.as_str()
            .split('/')
            .try_fold(self.0.reveal(), |node, segment| node.get(segment))
    }

    /// What lies at a path.
    pub(super) fn node(&self, path: &UriPath) -> Option<SecretJson> {
        self.find(path).cloned().map(SecretJson::new)
    }

    /// Has `edit` change the mapping at a path, which is made if it is not there.
    fn edit(
        &mut self,
        path: &UriPath,
        edit: impl FnOnce(&mut Value) -> Result<(), ProviderFault>,
    ) -> Result<(), ProviderFault> {
        let mut root = self.0.reveal().clone();
        let mut node = &mut root;
        for segment in path.as_str().split('/') {
            let members = node.as_object_mut().ok_or(PayloadFault::NoPlace)?;
            node = members
                .entry(segment)
                .or_insert_with(|| Value::Object(Map::new()));
            if node.is_null() {
                *node = Value::Object(Map::new());
            }
        }
        let done = edit(node);
        let changed = SecretJson::new(root);
        done.map(|()| self.0 = changed)
    }

    /// Writes what a change makes of the mapping at a path.
    pub(super) fn write(&mut self, path: &UriPath, change: &Change) -> Result<(), ProviderFault> {
        self.edit(path, |node| {
            if !node.is_object() && !matches!(change, Change::Replace(_)) {
                return Err(PayloadFault::NoPlace.into());
            }
            let before = SecretJson::new(node.take());
            let after = change.apply(Some(&before)).ok_or(ProviderFault::NoSuchKey)?;
            *node = after.reveal().clone();
            Ok(())
        })
    }

    /// Removes one key.
    pub(super) fn remove_key(&mut self, path: &UriPath, key: &str) -> Result<(), ProviderFault> {
        let node = self.find(path).ok_or(ProviderFault::NotFound)?;
        if node.get(key).is_none() {
            return Err(ProviderFault::NoSuchKey);
        }
        self.write(path, &Change::Unset(key.to_owned()))
    }

    /// Removes what lies at a path; whether that were several keys.
    pub(super) fn remove_node(&mut self, path: &UriPath) -> Result<bool, ProviderFault> {
        let several = self
            .find(path)
            .ok_or(ProviderFault::NotFound)?
            .as_object()
            .is_some_and(|it| it.len() > 1);
        let (parent, name) = path.as_str().rsplit_once('/').ok_or(ProviderFault::NotFound)?;
        let mut root = self.0.reveal().clone();
        let parent = parent
            .split('/')
            .try_fold(&mut root, |node, segment| node.get_mut(segment));
        let removed = parent
            .and_then(Value::as_object_mut)
            .and_then(|members| members.remove(name));
        self.0 = SecretJson::new(root);
        removed
            .map(|node| drop(SecretJson::new(node)))
            .ok_or(ProviderFault::NotFound)?;
        Ok(several)
    }

    /// Everything below a path.
    pub(super) fn entries(&self, path: &UriPath) -> Result<Vec<Entry>, ProviderFault> {
        let node = self.find(path).ok_or(ProviderFault::NotFound)?;
        let mut found = Vec::new();
        walk(path, node.as_object().ok_or(ProviderFault::NotAMap)?, &mut found);
        found.sort();
        Ok(found)
    }
}

/// Lists keys that are values, and mappings as folders with what is in them. What has a name that no path can have is
/// a key as a whole.
fn walk(path: &UriPath, members: &Map<String, Value>, found: &mut Vec<Entry>) {
    for (key, value) in members {
        match (value, path.join(key)) {
            (Value::Object(inner), Ok(below)) if !key.contains('/') => {
                found.push(Entry::Folder(below.to_string()));
                walk(&below, inner, found);
            }
            _ => found.push(Entry::Key {
                path: path.to_string(),
                key: key.clone(),
                kind: kind(value),
            }),
        }
    }
}

fn kind(value: &Value) -> ValueKind {
    match value {
        Value::Null => ValueKind::Null,
        Value::Bool(_) => ValueKind::Flag,
        Value::Number(_) => ValueKind::Number,
        Value::String(_) => ValueKind::Text,
        Value::Array(_) => ValueKind::Array,
        Value::Object(_) => ValueKind::Object,
    }
}
