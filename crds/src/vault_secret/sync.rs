//! `spec.sync`: the core Secret that mirrors the values.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{common::without_description, rule::rules};

/// A core Secret, owned by the VaultSecret, with the same values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sync {
    /// Name of the Secret. One that exists and is not ours is never touched: the condition Synced says so.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
    )]
    pub secret_name: String,

    /// Type of the Secret: `Opaque`, `kubernetes.io/tls`, `kubernetes.io/basic-auth`, `kubernetes.io/ssh-auth` or
    /// `kubernetes.io/dockerconfigjson`. Absent: `Opaque`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<SecretType>,

    /// The Secret's keys and a template for each, such as `url: "postgres://app:{{ DB_PASSWORD }}@db/app"`; the Secret
    /// then has these keys and no others. Absent: one key for each secret, under its own name.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 256))]
    #[schemars(extend("x-kubernetes-validations" = rules(&[(
        "self.all(k, k.size() <= 253 && k.matches('^[-._a-zA-Z0-9]+$'))",
        "keys of sync.template are keys of a Secret: letters, digits, -, _ and . only, at most 253 characters",
    )])))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<BTreeMap<String, String>>,
}

/// Types of a core Secret that the API server knows the keys of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = without_description)]
pub enum SecretType {
    /// Any keys.
    Opaque,
    /// `tls.crt` and `tls.key`.
    #[serde(rename = "kubernetes.io/tls")]
    Tls,
    /// `username` or `password`, or both.
    #[serde(rename = "kubernetes.io/basic-auth")]
    BasicAuth,
    /// `ssh-privatekey`.
    #[serde(rename = "kubernetes.io/ssh-auth")]
    SshAuth,
    /// `.dockerconfigjson`.
    #[serde(rename = "kubernetes.io/dockerconfigjson")]
    DockerConfigJson,
}

impl SecretType {
    /// As a core Secret's `type` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opaque => "Opaque",
            Self::Tls => "kubernetes.io/tls",
            Self::BasicAuth => "kubernetes.io/basic-auth",
            Self::SshAuth => "kubernetes.io/ssh-auth",
            Self::DockerConfigJson => "kubernetes.io/dockerconfigjson",
        }
    }
}

impl Sync {
    /// The type in effect.
    pub fn kind(&self) -> SecretType {
        self.kind.unwrap_or(SecretType::Opaque)
    }
}

/// Rules that need both `sync` and `data`.
pub(super) fn spec_rules() -> serde_json::Value {
    rules(&[
        (
            "!has(self.sync) || has(self.sync.template) || self.data.all(k, !k.contains('/'))",
            "keys of a Secret cannot contain a slash, and data has such a name: give sync.template, or rename the entry",
        ),
        (
            "!has(self.sync) || self.data.all(k, !has(self.data[k].secretKeyRef) || self.data[k].secretKeyRef.name != self.sync.secretName)",
            "a secretKeyRef must not read the Secret that sync.secretName writes: name another Secret",
        ),
        (
            "!has(self.sync) || !has(self.sync.type) || self.sync.type != 'kubernetes.io/tls' || (has(self.sync.template) ? ('tls.crt' in self.sync.template && 'tls.key' in self.sync.template) : ('tls.crt' in self.data && 'tls.key' in self.data))",
            "a Secret of type kubernetes.io/tls needs the keys tls.crt and tls.key: name them in sync.template, or change sync.type",
        ),
        (
            "!has(self.sync) || !has(self.sync.type) || self.sync.type != 'kubernetes.io/basic-auth' || (has(self.sync.template) ? ('username' in self.sync.template || 'password' in self.sync.template) : ('username' in self.data || 'password' in self.data))",
            "a Secret of type kubernetes.io/basic-auth needs the key username or password: name it in sync.template, or change sync.type",
        ),
        (
            "!has(self.sync) || !has(self.sync.type) || self.sync.type != 'kubernetes.io/ssh-auth' || (has(self.sync.template) ? 'ssh-privatekey' in self.sync.template : 'ssh-privatekey' in self.data)",
            "a Secret of type kubernetes.io/ssh-auth needs the key ssh-privatekey: name it in sync.template, or change sync.type",
        ),
        (
            "!has(self.sync) || !has(self.sync.type) || self.sync.type != 'kubernetes.io/dockerconfigjson' || (has(self.sync.template) && '.dockerconfigjson' in self.sync.template)",
            "a Secret of type kubernetes.io/dockerconfigjson needs the key .dockerconfigjson: name it in sync.template, or change sync.type",
        ),
    ])
}
