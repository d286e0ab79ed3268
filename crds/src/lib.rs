//! The custom resources of `coffer.dev/v1alpha1` as Rust types: `Vault`, `VaultSecret` and `ApiKey`
//! (DESIGN section 5), and the manifests generated from them.
//!
//! This crate owns the shape of what users write and of what the operator reports: schemas, CEL rules,
//! printer columns, condition types and reasons. It talks to no cluster, holds no value, and decides
//! nothing: cron expressions and time zones, for one, stay text here. Absent optional fields stay absent;
//! what absence means is answered by accessors such as [`VaultSecretSpec::environment`], never written
//! into a spec, so that GitOps tools see no drift.

#![expect(
    clippy::duplicated_attributes,
    reason = "printer columns of one type: clippy reads them as one list"
)]

mod api_key;
#[cfg(feature = "check")]
pub mod check;
mod common;
pub mod condition;
mod duration;
pub mod lagging;
mod manifest;
mod rotation;
mod rule;
mod sealing;
mod vault;
mod vault_secret;
pub mod yaml;

pub use api_key::{
    ApiKey, ApiKeyRotation, ApiKeySpec, ApiKeyStatus, BadTarget, EnvironmentScope, PreviousKey, Scope,
    Target, WriteTo,
};
pub use common::{DEFAULT_ENVIRONMENT, DeletionPolicy, VaultRef};
pub use duration::{BadDuration, Duration};
pub use manifest::{Manifest, definition, manifests};
pub use rotation::{BadTiming, Rotation, Timing};
pub use sealing::{KeyRotation, MOST_LISTED_KEYS, SealingKeyStatus, SealingStatus};
pub use vault::{AccessRule, Vault, VaultSpec, VaultStatus};
pub use vault_secret::{
    Algorithm, Alphabet, BadOnChange, BadSource, Consumers, DataEntry, External, Generate, GenerateType,
    KeyStatus, OnChange, PUBLIC_KEY_SUFFIX, Remote, RemoteVersion, Restart, RestartWindow, RetiringValue,
    ReturnedKey, SecretKeyRef, SecretType, Source, Sync, SyncedSecret, VaultSecret, VaultSecretSpec,
    VaultSecretStatus,
};

/// The API group of every kind here.
pub const GROUP: &str = "coffer.dev";
/// The one version so far.
pub const VERSION: &str = "v1alpha1";
