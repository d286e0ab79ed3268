//! `ApiKey`: a key for the HTTP doors, minted, written to its place, and rotated with an overlap.

mod rotation;
mod status;
mod write_to;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use rotation::ApiKeyRotation;
pub use status::{ApiKeyStatus, PreviousKey};
pub use write_to::{BadTarget, Target, WriteTo};

use crate::{
    common::{DEFAULT_ENVIRONMENT, VaultRef, without_description},
    duration::Duration,
    rule::rules,
};

/// What the user asks of an API key.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "coffer.dev",
    version = "v1alpha1",
    kind = "ApiKey",
    plural = "apikeys",
    shortname = "cfk",
    category = "coffer",
    namespaced,
    status = "ApiKeyStatus",
    derive = "PartialEq",
    selectable = ".spec.vaultRef.name",
    doc = "A key with which programs outside the cluster's own mechanics use the HTTP API. The operator mints it, writes it where spec.writeTo says, and rotates it. Deleting this object revokes the key.",
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#, description = "Whether the key works and is in its place"),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#, description = "Why, in one word"),
    printcolumn(name = "Vault", type_ = "string", json_path = ".spec.vaultRef.name", description = "The vault the key opens"),
    printcolumn(name = "Environment", type_ = "string", json_path = ".status.environment", description = "The environment in effect; * for all"),
    printcolumn(name = "Key ID", type_ = "string", json_path = ".status.keyId", description = "Public id of the current key"),
    // Not of type date: kubectl prints a date as an age, and one in the future as <invalid>.
    printcolumn(name = "Expires", type_ = "string", json_path = ".status.expiresAt", description = "When the current key stops working"),
    printcolumn(name = "Next rotation", type_ = "string", json_path = ".status.nextRotation", priority = 1, description = "When the key is due to be replaced"),
    printcolumn(name = "Lagging", type_ = "string", json_path = ".status.previous.lagging", priority = 1, description = "The pods that still hold the previous key, and since when they lag"),
    printcolumn(name = "Scopes", type_ = "string", json_path = ".spec.scopes", priority = 1, description = "What the key may do"),
    printcolumn(name = "Message", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].message"#, priority = 1, description = "Why, in a sentence"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules(&[
    (
        "(has(self.environment) ? self.environment : 'default') == (has(oldSelf.environment) ? oldSelf.environment : 'default')",
        "environment cannot change: create a new ApiKey for the other environment, and delete this one",
    ),
    (
        "!has(self.writeTo.vaultKey) || !has(self.environment) || self.environment != '*'",
        "writeTo.vaultKey is written in spec.environment, which must then be one environment and not *: name one, or use writeTo.secretName",
    ),
    (
        "!has(self.rotation) || !has(self.rotation.onlyAfterAck) || !self.rotation.onlyAfterAck || has(self.writeTo.vaultKey)",
        "rotation.onlyAfterAck waits for the pods that receive the key by injection: give writeTo.vaultKey, or use rotation.overlap",
    ),
])))]
pub struct ApiKeySpec {
    /// The Vault that the key opens.
    pub vault_ref: VaultRef,

    /// The environment that the key opens. `"*"` stands for all of them and has to be written to be meant.
    /// Absent: `default`. Cannot change.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,

    /// What the key may do: `secrets:read`, `secrets:list`, `secrets:write`, `secrets:delete` (recoverable),
    /// `secrets:destroy` (for good), `secrets:rotate`, `consumers:read`.
    #[schemars(length(min = 1, max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub scopes: Vec<Scope>,

    /// Names the key may use, with `*` for any run of characters: `[DATABASE_URL, "app/*"]`. Absent: all.
    #[schemars(
        length(min = 1, max = 64),
        inner(length(min = 1, max = 253), regex(pattern = r"^[A-Za-z0-9_./*-]+$"))
    )]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,

    /// How long each key works after it was made, such as `90d`. Absent: until it is rotated or revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<Duration>,

    /// When the key is replaced by a new one. Absent: never on schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<ApiKeyRotation>,

    /// Where the key is written: it is shown nowhere else.
    pub write_to: WriteTo,
}

/// Something a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = without_description)]
pub enum Scope {
    /// Read values.
    #[serde(rename = "secrets:read")]
    SecretsRead,
    /// List names and versions, without values.
    #[serde(rename = "secrets:list")]
    SecretsList,
    /// Write new versions.
    #[serde(rename = "secrets:write")]
    SecretsWrite,
    /// Delete and undelete.
    #[serde(rename = "secrets:delete")]
    SecretsDelete,
    /// Destroy for good.
    #[serde(rename = "secrets:destroy")]
    SecretsDestroy,
    /// Rotate generated values now.
    #[serde(rename = "secrets:rotate")]
    SecretsRotate,
    /// See which pods hold which versions.
    #[serde(rename = "consumers:read")]
    ConsumersRead,
}

/// The environments that a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentScope<'a> {
    /// Every environment of the vault.
    All,
    /// One.
    One(&'a str),
}

impl ApiKeySpec {
    /// The environments in effect.
    pub fn environment(&self) -> EnvironmentScope<'_> {
        match self.environment.as_deref() {
            Some("*") => EnvironmentScope::All,
            Some(name) => EnvironmentScope::One(name),
            None => EnvironmentScope::One(DEFAULT_ENVIRONMENT),
        }
    }

    /// The name patterns in effect.
    pub fn keys(&self) -> Vec<&str> {
        match &self.keys {
            Some(patterns) => patterns.iter().map(String::as_str).collect(),
            None => vec!["*"],
        }
    }
}
