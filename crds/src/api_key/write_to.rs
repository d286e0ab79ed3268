//! `spec.writeTo`: the one place where a key is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::rule::rules;

/// Where a key is written: a core Secret, or a secret of the vault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules(&[
    ("has(self.secretName) != has(self.vaultKey)", "writeTo needs exactly one of secretName and vaultKey"),
    (
        "!has(self.secretKey) || has(self.secretName)",
        "writeTo.secretKey belongs to writeTo.secretName: remove it, or give secretName instead of vaultKey",
    ),
    (
        "!has(self.vaultKey) || (!self.vaultKey.contains('..') && !self.vaultKey.contains('//') && !self.vaultKey.contains('/./'))",
        "writeTo.vaultKey must not contain two dots or two slashes in a row, nor a part that is a single dot",
    ),
])))]
pub struct WriteTo {
    /// Name of a core Secret in the same namespace. One that exists and is not ours is never touched.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,

    /// Key inside that Secret. Absent: `token`.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,

    /// Name of a secret in `vaultRef` and `environment`, so that pods receive the key by injection.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[A-Za-z0-9_]([A-Za-z0-9_./-]*[A-Za-z0-9_])?$")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault_key: Option<String>,
}

/// Where a key goes, once it is known to be one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A key of a core Secret.
    Secret {
        /// Name of the Secret.
        name: &'a str,
        /// Key inside it.
        key: &'a str,
    },
    /// A secret of the vault and environment.
    VaultKey(&'a str),
}

/// The place is none or several. The schema refuses such objects; this is for those that got by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("writeTo needs exactly one of secretName and vaultKey")]
pub struct BadTarget;

impl WriteTo {
    /// The one place.
    pub fn target(&self) -> Result<Target<'_>, BadTarget> {
        match (&self.secret_name, &self.vault_key) {
            (Some(name), None) => Ok(Target::Secret {
                name,
                key: self.secret_key.as_deref().unwrap_or("token"),
            }),
            (None, Some(key)) => Ok(Target::VaultKey(key)),
            _ => Err(BadTarget),
        }
    }
}
