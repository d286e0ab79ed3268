//! The objects of all files: lists taken apart, namespaces filled in, ours read as what they are.

use std::collections::{BTreeMap, BTreeSet};

use coffer_crds::{ApiKeySpec, GROUP, VERSION, VaultSecretSpec, VaultSpec};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::finding::{Finding, Level, Report};

/// An object and where it was found.
#[derive(Debug)]
pub struct Object {
    /// The file.
    pub file: String,
    /// The line where its document begins.
    pub line: usize,
    /// Its kind.
    pub kind: String,
    /// Its namespace, in effect.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// All of it.
    pub value: Value,
}

impl Object {
    /// What is wrong with it.
    pub fn finding(&self, level: Level, message: impl Into<String>) -> Finding {
        Finding {
            file: self.file.clone(),
            line: self.line,
            level,
            object: format!("{} {}/{}", self.kind, self.namespace, self.name),
            message: message.into(),
        }
    }

    /// Whether it is of our group.
    pub fn is_ours(&self) -> bool {
        let version = self.value["apiVersion"].as_str().unwrap_or_default();
        version.split_once('/').is_some_and(|(group, _)| group == GROUP)
    }

    /// Whether it is of our group and of the version that there is.
    pub fn is_known(&self) -> bool {
        self.value["apiVersion"] == format!("{GROUP}/{VERSION}")
    }

    fn spec<T: DeserializeOwned>(&self, kind: &str) -> Option<T> {
        if self.kind != kind || !self.is_known() {
            return None;
        }
        serde_json::from_value(self.value["spec"].clone()).ok()
    }
}

/// All of them.
#[derive(Debug)]
pub struct Objects {
    namespace: String,
    all: Vec<Object>,
}

impl Objects {
    /// None yet; those without a namespace are of this one.
    pub fn new(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            all: Vec::new(),
        }
    }

    /// Takes in a document: an object, or a list of some.
    pub fn take(&mut self, file: &str, line: usize, mut value: Value) {
        let kind = value["kind"].as_str().unwrap_or_default().to_owned();
        if kind.ends_with("List") && value["items"].is_array() {
            if let Value::Array(items) = value["items"].take() {
                for item in items {
                    self.take(file, line, item);
                }
            }
            return;
        }
        // A kustomization, values of a chart and the like are no objects.
        if kind.is_empty() || !value["apiVersion"].is_string() {
            return;
        }
        let text = |field: &str| value["metadata"][field].as_str().map(str::to_owned);
        let namespace = text("namespace").unwrap_or_else(|| self.namespace.clone());
        let name = text("name").or_else(|| text("generateName")).unwrap_or_default();
        self.all.push(Object {
            file: file.to_owned(),
            line,
            kind,
            namespace,
            name,
            value,
        });
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Every one.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.all.iter()
    }

    /// The vaults that can be read.
    pub fn vaults(&self) -> impl Iterator<Item = (&Object, VaultSpec)> {
        self.iter()
            .filter_map(|object| Some((object, object.spec("Vault")?)))
    }

    /// The vault secrets that can be read.
    pub fn secrets(&self) -> impl Iterator<Item = (&Object, VaultSecretSpec)> {
        self.iter()
            .filter_map(|object| Some((object, object.spec("VaultSecret")?)))
    }

    /// The API keys that can be read.
    pub fn keys(&self) -> impl Iterator<Item = (&Object, ApiKeySpec)> {
        self.iter()
            .filter_map(|object| Some((object, object.spec("ApiKey")?)))
    }

    /// The core Secrets: their keys by namespace and name, never a value.
    pub fn core_secrets(&self) -> BTreeMap<(&str, &str), BTreeSet<&str>> {
        let core = self
            .iter()
            .filter(|object| object.kind == "Secret" && object.value["apiVersion"] == "v1");
        core.map(|object| {
            let keys = ["data", "stringData"]
                .into_iter()
                .filter_map(|field| object.value[field].as_object())
                .flat_map(|map| map.keys().map(String::as_str));
            ((&*object.namespace, &*object.name), keys.collect())
        })
        .collect()
    }

    /// Says so of objects that are there twice.
    pub fn check_twice(&self, report: &mut Report) {
        let mut seen = BTreeMap::new();
        for object in self.iter().filter(|object| !object.name.is_empty()) {
            let api = object.value["apiVersion"].as_str();
            let key = (api, &object.kind, &object.namespace, &object.name);
            if let Some(first) = seen.insert(key, object) {
                let message = format!("it is also in {}:{}", first.file, first.line);
                let level = if object.is_ours() {
                    Level::Error
                } else {
                    Level::Warning
                };
                report.push(object.finding(level, message));
            }
        }
    }
}
