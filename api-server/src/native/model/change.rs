//! Changes, as the stream tells them: names and versions, never values.

use coffer_domain::{
    address::Version,
    change::{Change, Subject},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Something changed.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ChangeOut {
    /// Its place in the sequence; also the event's id, to resume after.
    sequence: u64,
    /// `secret`, `vault`, `api-key` or `consumers`; also the event's name.
    kind: &'static str,
    /// The vault's name, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    vault: Option<String>,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    environment: Option<String>,
    /// The secret's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// The secret's current version now; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    version: Option<u64>,
    /// The API key's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl ChangeOut {
    /// Tells `change`, in a vault of this name.
    pub fn of(change: Change, vault: Option<String>) -> Self {
        let told = Self {
            sequence: change.sequence,
            vault,
            at: change.at,
            ..Self::default()
        };
        match change.subject {
            Subject::Secret {
                vault: _,
                environment,
                name,
                version,
            } => Self {
                kind: "secret",
                environment: Some(environment.into()),
                name: Some(name.into()),
                version: version.map(Version::get),
                ..told
            },
            Subject::Vault { vault: _ } => Self {
                kind: "vault",
                ..told
            },
            Subject::ApiKey { key } => Self {
                kind: "api-key",
                key: Some(key.to_string()),
                ..told
            },
            Subject::Consumers {
                vault: _,
                environment,
            } => Self {
                kind: "consumers",
                environment: Some(environment.into()),
                ..told
            },
        }
    }

    /// Its place in the sequence.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// What kind of change.
    pub fn kind(&self) -> &'static str {
        self.kind
    }
}
