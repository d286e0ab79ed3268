//! What an engine keeps: rows, in which every value is sealed.

use std::sync::OnceLock;

use coffer_domain::{
    address::Version,
    change::ChangeDraft,
    entity::{ApiKey, Consumer, Organization, Secret, Vault, VersionMeta, VersionState},
    id::{OrgId, SecretId, VaultId},
    name::EnvName,
    record::{Collection, RecordHead},
    store::Precondition,
};
use jiff::Timestamp;

use crate::{envelope::Opener, kek::Wrapped};

/// A data key of a vault, wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultKey {
    /// Tenant of the vault.
    pub organization: OrgId,
    /// The vault.
    pub vault: VaultId,
    /// Which of its keys, from 1.
    pub generation: u32,
    /// The key.
    pub wrapped: Wrapped,
}

/// What a store is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Made at random when the store was.
    pub store: [u8; 16],
    /// The store's own data key, wrapped. That it opens shows that the root key is the right one.
    pub seed: Wrapped,
    /// The pepper of token digests, sealed under that seed.
    pub pepper: Vec<u8>,
}

/// A record whose body is sealed.
#[derive(Debug)]
pub struct SealedRecord {
    /// Everything but its body.
    pub head: RecordHead,
    /// Its body, sealed.
    pub sealed: Vec<u8>,
}

/// A row to write; a [`coffer_domain::store::Write`] whose value is sealed.
#[expect(clippy::large_enum_variant, reason = "few at a time, and not for long")]
#[derive(Debug)]
pub enum SealedWrite {
    /// A new organization.
    Organization(Organization),
    /// An organization with another label or account.
    AmendOrganization(Organization),
    /// A vault, with its data key if it is new.
    Vault(Vault, Option<VaultKey>),
    /// Deletes a vault, its keys, everything in it, and the records that are kept or listed under its id.
    DropVault(VaultId),
    /// A secret.
    Secret(Secret),
    /// A new version.
    Version {
        /// Its secret.
        secret: SecretId,
        /// What there is to say of it.
        meta: VersionMeta,
        /// Its value, sealed.
        sealed: Vec<u8>,
    },
    /// Versions' ciphertexts, for another environment.
    Reseal {
        /// Their secret.
        secret: SecretId,
        /// Each that has one.
        versions: Vec<(Version, Vec<u8>)>,
    },
    /// Deletes a secret.
    DropSecret(SecretId),
    /// Deletes every secret of an environment.
    DropSecretsOf(VaultId, EnvName),
    /// A version's new state; `Destroyed` erases the ciphertext.
    VersionState {
        /// Its secret.
        secret: SecretId,
        /// Which.
        version: Version,
        /// The new state.
        state: VersionState,
        /// When.
        at: Timestamp,
    },
    /// An API key.
    ApiKey(ApiKey),
    /// A consumer's line.
    Consumer(Consumer),
    /// Forgets a pod, in the commit's tenant.
    ForgetPod(String),
    /// A record, with its body sealed.
    Record(SealedRecord),
    /// Deletes a record.
    DropRecord(Collection, String),
}

impl SealedWrite {
    /// Whether it may change who may do what.
    pub fn touches_rights(&self) -> bool {
        match self {
            Self::Organization(_)
            | Self::AmendOrganization(_)
            | Self::Vault(..)
            | Self::DropVault(_)
            | Self::ApiKey(_) => true,
            Self::Record(record) => record.head.collection.is_held_in_memory(),
            Self::DropRecord(collection, _) => collection.is_held_in_memory(),
            Self::Secret(_)
            | Self::Version { .. }
            | Self::Reseal { .. }
            | Self::DropSecret(_)
            | Self::DropSecretsOf(..)
            | Self::VersionState { .. }
            | Self::Consumer(_)
            | Self::ForgetPod(_) => false,
        }
    }

    /// Whether bytes must be gone from the files afterwards.
    pub fn erases(&self) -> bool {
        matches!(
            self,
            Self::DropVault(_)
                | Self::DropSecret(_)
                | Self::DropSecretsOf(..)
                | Self::VersionState {
                    state: VersionState::Destroyed,
                    ..
                }
        )
    }
}

/// A commit whose values are sealed. Every row it writes belongs to `organization`.
#[derive(Debug)]
pub struct SealedCommit {
    /// The tenant.
    pub organization: OrgId,
    /// What must still be so.
    pub preconditions: Vec<Precondition>,
    /// The rows.
    pub writes: Vec<SealedWrite>,
    /// The audit event's canonical bytes.
    pub audit: Vec<u8>,
    /// For watchers.
    pub changes: Vec<ChangeDraft>,
}

/// A version as kept.
#[derive(Debug)]
pub struct SealedVersion {
    /// Its secret.
    pub secret: Secret,
    /// What there is to say of it.
    pub meta: VersionMeta,
    /// Its value, sealed; `None` once destroyed.
    pub sealed: Option<Vec<u8>>,
    /// What opens that, once it was opened. It goes when the row is let go.
    pub opener: OnceLock<Opener>,
}
