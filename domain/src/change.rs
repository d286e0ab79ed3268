//! The change sequence: what watchers, streams and, later, webhooks hear. It says that something changed,
//! never a value.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    address::Version,
    id::{ApiKeyId, OrgId, VaultId},
    name::{EnvName, SecretName},
};

/// How long a change is kept for those who were not listening.
pub const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Subject {
    /// A secret's current version, or its absence.
    Secret {
        /// The vault.
        vault: VaultId,
        /// The environment.
        environment: EnvName,
        /// The name.
        name: SecretName,
        /// The current version now.
        version: Option<Version>,
    },
    /// A vault's settings, or its end.
    Vault {
        /// Which.
        vault: VaultId,
    },
    /// An API key's token, rights or end.
    ApiKey {
        /// Which.
        key: ApiKeyId,
    },
    /// The ledger of an environment: a delivery, an acknowledgement, or a pod's end.
    Consumers {
        /// The vault.
        vault: VaultId,
        /// The environment.
        environment: EnvName,
    },
}

/// A change to be recorded with a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeDraft {
    /// What changed.
    pub subject: Subject,
    /// When.
    pub at: Timestamp,
}

/// A recorded change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place in the sequence: later changes have higher numbers.
    pub sequence: u64,
    /// The tenant.
    pub organization: OrgId,
    /// What changed.
    pub subject: Subject,
    /// When.
    pub at: Timestamp,
}
