//! `Vault`: a named set of secrets with its own data key, and who may read them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    common::{DEFAULT_ENVIRONMENT, DeletionPolicy},
    duration::Duration,
    rule::rules,
    sealing::{KeyRotation, SealingStatus},
};

/// What the user asks of a vault.
#[derive(CustomResource, Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "coffer.dev",
    version = "v1alpha1",
    kind = "Vault",
    plural = "vaults",
    shortname = "cfv",
    category = "coffer",
    namespaced,
    status = "VaultStatus",
    derive = "PartialEq",
    doc = "A named set of secrets with its own encryption key, divided into environments, and the rules that say which pods may read them. Other objects refer to it by name from the same namespace. The name must be a DNS label of at most 63 characters.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#,
        description = "Whether the vault can be used"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        description = "Why, in one word"
    ),
    printcolumn(
        name = "Secrets",
        type_ = "integer",
        json_path = ".status.secrets",
        description = "Number of secrets in all environments"
    ),
    printcolumn(
        name = "Environments",
        type_ = "string",
        json_path = ".status.environments",
        priority = 1,
        description = "The vault's environments"
    ),
    printcolumn(
        name = "Sealing key",
        type_ = "string",
        json_path = ".status.sealing.keyId",
        priority = 1,
        description = "The key that values are sealed to"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1,
        description = "Why, in a sentence"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules(&[(
    "!has(self.access) || self.access.all(a, !has(a.environments) || a.environments.all(e, has(self.environments) ? e in self.environments : e == 'default'))",
    "access[].environments may only name environments of this vault: add the name to spec.environments, or correct it",
), (
    "!has(self.maxStale) || !self.maxStale.matches('^[0-9]+s$')",
    "maxStale must be a minute at least: write it in minutes, hours or days, such as 24h",
)])))]
pub struct VaultSpec {
    /// The partitions of the vault, such as `[production, staging]`; each holds secrets of its own.
    /// Absent: one environment, `default`.
    #[schemars(
        length(min = 1, max = 64),
        inner(
            length(min = 1, max = 63),
            regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
        )
    )]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environments: Option<Vec<String>>,

    /// Which pods may read which secrets, by their service account. A pod may read what at least one entry
    /// allows; without entries no pod may read anything.
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<AccessRule>,

    /// When the key that values are sealed to is replaced by a new one: `{every: 30d}`. Older keys still open what
    /// was sealed to them. Absent: never by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_rotation: Option<KeyRotation>,

    /// Lets pods start while the store cannot be reached, with values that were current at most this long ago, such as
    /// `24h`; each pod has to ask for it too, with the annotation `coffer.dev/max-stale`, and the lesser of the two
    /// counts. The values then also lie, encrypted for the pods' service account, in a core Secret of this namespace.
    /// Absent: such pods wait until the store answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_stale: Option<Duration>,

    /// What becomes of the stored secrets when this object is deleted: `Retain` keeps them, and a Vault of the
    /// same name finds them again; `Delete` destroys them for good, with the key
    /// that encrypts them. Absent: `Retain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

/// One rule of access: which service accounts may read which names in which environments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessRule {
    /// Names of service accounts, such as `[web, worker]`. `"*"` stands for every service account of the namespaces.
    #[schemars(
        length(min = 1, max = 64),
        inner(
            length(min = 1, max = 253),
            regex(pattern = r"^(\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?)$")
        )
    )]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub service_accounts: Vec<String>,

    /// Namespaces of the service accounts. Absent: only the Vault's own namespace. `"*"` stands for every
    /// namespace of the cluster and has to be written to be meant.
    #[schemars(
        length(min = 1, max = 64),
        inner(
            length(min = 1, max = 63),
            regex(pattern = r"^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$")
        )
    )]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Vec<String>>,

    /// Environments that may be read, such as `[staging]`. Absent: all of the vault's.
    #[schemars(
        length(min = 1, max = 64),
        inner(
            length(min = 1, max = 63),
            regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
        )
    )]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environments: Option<Vec<String>>,

    /// Names that may be read, with `*` for any run of characters: `[DATABASE_URL, "app/*"]`. Absent: all.
    #[schemars(
        length(min = 1, max = 64),
        inner(length(min = 1, max = 253), regex(pattern = r"^[A-Za-z0-9_./*-]+$"))
    )]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
}

/// What the operator reports of a vault.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VaultStatus {
    /// The `metadata.generation` that this status speaks of; older than the object's own: not yet looked at.
    #[serde(
        default,
        deserialize_with = "crate::common::observed",
        skip_serializing_if = "Option::is_none"
    )]
    pub observed_generation: Option<i64>,

    /// Ready, Reconciling and Stalled, in the way of kstatus.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,

    /// The vault's id in the store, a UUID. It outlives this object when the deletion policy is `Retain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,

    /// The environments in effect, joined by commas, so that a column can show them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environments: Option<String>,

    /// Number of secrets in all environments, deleted ones not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<u32>,

    /// The keys that values for this vault can be sealed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealing: Option<SealingStatus>,
}

impl VaultSpec {
    /// The environments in effect.
    pub fn environments(&self) -> Vec<&str> {
        match &self.environments {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => vec![DEFAULT_ENVIRONMENT],
        }
    }

    /// How old values may be that a pod starts with, in seconds; `None`: no pod may.
    pub fn max_stale(&self) -> Option<u64> {
        self.max_stale.as_ref().map(Duration::to_seconds)
    }

    /// What deletion means, in effect: nothing is lost by accident.
    pub fn deletion_policy(&self) -> DeletionPolicy {
        self.deletion_policy.unwrap_or(DeletionPolicy::Retain)
    }
}

impl AccessRule {
    /// The namespaces in effect for a vault in namespace `own`; `*` is every namespace.
    pub fn namespaces<'a>(&'a self, own: &'a str) -> Vec<&'a str> {
        match &self.namespaces {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => vec![own],
        }
    }

    /// The name patterns in effect.
    pub fn keys(&self) -> Vec<&str> {
        match &self.keys {
            Some(patterns) => patterns.iter().map(String::as_str).collect(),
            None => vec!["*"],
        }
    }

    /// Whether the rule reaches `environment` of its vault.
    pub fn reaches(&self, environment: &str) -> bool {
        self.environments
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| name == environment))
    }
}
