//! Secrets and their versions as this door shows them.

use std::collections::BTreeMap;

use coffer_domain::{
    entity::{Secret, VersionMeta, VersionState},
    metadata::{Kind, Metadata, Retention},
    usecase::kv2::Known,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// What is said of a path by its clients; `None`: nothing.
pub fn custom(metadata: &Metadata) -> Option<&BTreeMap<String, String>> {
    (metadata.kind == Kind::Value && !metadata.attributes.is_empty()).then_some(&metadata.attributes)
}

/// A version, without its value.
#[derive(Debug, Serialize)]
pub struct VersionOut {
    created_time: String,
    custom_metadata: Option<BTreeMap<String, String>>,
    deletion_time: String,
    destroyed: bool,
    version: u64,
}

impl VersionOut {
    /// Of this secret.
    pub fn of(secret: &Secret, meta: &VersionMeta) -> Self {
        Self {
            created_time: meta.created_at.to_string(),
            custom_metadata: custom(&secret.described()).cloned(),
            deletion_time: deletion(meta),
            destroyed: meta.state == VersionState::Destroyed,
            version: meta.version.get(),
        }
    }
}

/// When a version was deleted; empty: it was not.
fn deletion(meta: &VersionMeta) -> String {
    let deleted = meta.ended_at.filter(|_| meta.state == VersionState::Deleted);
    deleted.map_or_else(String::new, |at| at.to_string())
}

/// A value with its version.
#[derive(Serialize)]
pub struct ReadOut<'a> {
    /// The value; `None`: it cannot be read any more.
    pub data: Option<&'a Value>,
    /// The version.
    pub metadata: VersionOut,
}

/// The keys of a value, with its version.
#[derive(Debug, Serialize)]
pub struct SubkeysOut {
    /// The version.
    pub metadata: VersionOut,
    /// The keys; none of them has a value.
    pub subkeys: Option<Value>,
}

/// A path, without its values.
#[derive(Debug, Serialize)]
pub struct PathOut {
    cas_required: bool,
    created_time: String,
    current_version: u64,
    custom_metadata: Option<BTreeMap<String, String>>,
    delete_version_after: &'static str,
    max_versions: u64,
    oldest_version: u64,
    updated_time: String,
    versions: BTreeMap<String, LineOut>,
}

#[derive(Debug, Serialize)]
struct LineOut {
    created_time: String,
    deletion_time: String,
    destroyed: bool,
}

impl PathOut {
    /// What is known of a path.
    pub fn of(known: &Known) -> Self {
        match known {
            Known::Waiting(said) => Self::new(&said.metadata, said.created_at, said.updated_at),
            Known::Secret(secret, versions) => {
                let metadata = secret.described();
                let out = Self::new(&metadata, secret.created_at, secret.updated_at);
                let oldest = metadata.retention.unwrap_or_default().oldest;
                let kept = versions.iter().filter(|meta| meta.version.get() >= oldest);
                Self {
                    current_version: secret.latest.get(),
                    versions: kept
                        .map(|meta| (meta.version.to_string(), LineOut::of(meta)))
                        .collect(),
                    ..out
                }
            }
        }
    }

    fn new(metadata: &Metadata, created_at: Timestamp, updated_at: Timestamp) -> Self {
        let Retention {
            most,
            oldest,
            cas_required,
        } = metadata.retention.unwrap_or_default();
        Self {
            cas_required,
            created_time: created_at.to_string(),
            current_version: 0,
            custom_metadata: custom(metadata).cloned(),
            delete_version_after: "0s",
            max_versions: most,
            oldest_version: oldest,
            updated_time: updated_at.to_string(),
            versions: BTreeMap::new(),
        }
    }
}

impl LineOut {
    fn of(meta: &VersionMeta) -> Self {
        Self {
            created_time: meta.created_at.to_string(),
            deletion_time: deletion(meta),
            destroyed: meta.state == VersionState::Destroyed,
        }
    }
}
