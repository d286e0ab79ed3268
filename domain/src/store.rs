//! The port behind which everything is kept. An engine answers reads from a consistent snapshot and takes
//! each [`Commit`] as a whole or not at all; it is on disk when `commit` returns.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use jiff::Timestamp;
use thiserror::Error;

use crate::{
    address::Version,
    api_key::{ApiToken, TokenDigest},
    audit::{AuditEvent, AuditRecord},
    change::{Change, ChangeDraft},
    entity::{ApiKey, Consumer, Organization, Secret, Usage, Vault, VersionMeta, VersionState},
    id::{ApiKeyId, OrgId, SecretId, VaultId},
    name::{EnvName, OrgName, SecretName, VaultName},
    record::{Collection, FoundRecord, Record, RecordQuery},
    secret_value::SecretValue,
};

/// Why the store did not answer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Full disk, no connection: it may pass.
    #[error("{0}")]
    Unavailable(String),
    /// A record that does not open or does not parse: it will not pass by itself.
    #[error("{0}")]
    Broken(String),
}

/// Why a commit was not taken.
#[derive(Debug, Error)]
pub enum CommitError {
    /// A [`Precondition`] did not hold: gather and decide again.
    #[error("a precondition did not hold")]
    Precondition,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What must still be so for a commit to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// No organization has this name.
    OrganizationAbsent(OrgName),
    /// The vault of this name is at this revision; `None`: there is none.
    Vault(OrgId, VaultName, Option<u64>),
    /// The secret of this name is at this revision; `None`: there is none.
    Secret(VaultId, EnvName, SecretName, Option<u64>),
    /// The secret of this id, in the trash or not, is at this revision; `None`: there is none.
    SecretById(SecretId, Option<u64>),
    /// The vault has this environment.
    Environment(VaultId, EnvName),
    /// So many secrets are kept in this environment, those in the trash too.
    Population(VaultId, EnvName, u64),
    /// The API key is at this revision.
    ApiKey(ApiKeyId, u64),
    /// The record of this key is at this revision, expired or not; `None`: there is none.
    Record(OrgId, Collection, String, Option<u64>),
}

/// One row to write.
#[expect(clippy::large_enum_variant, reason = "few at a time, and not for long")]
#[derive(Debug)]
pub enum Write {
    /// A new organization.
    Organization(Organization),
    /// An organization with another label or account.
    AmendOrganization(Organization),
    /// A vault, new or changed. A new one gets its data key here.
    Vault(Vault),
    /// Deletes a vault with everything in it and its data key: nothing of it can be read again. The records of its
    /// tenant that are kept or listed under its id go with it, whatever door made them.
    DropVault(VaultId),
    /// A secret, new or changed.
    Secret(Secret),
    /// A new version with its value, which is encrypted under the vault's data key.
    Version {
        /// Tenant of the vault.
        organization: OrgId,
        /// The vault.
        vault: VaultId,
        /// The secret.
        secret: SecretId,
        /// The version.
        meta: VersionMeta,
        /// Its value.
        value: SecretValue,
    },
    /// Binds the values of all versions of a secret, which `from` bound so far, to the environment `to`. The
    /// secret's row is changed beside it.
    Reseal {
        /// Tenant of the vault.
        organization: OrgId,
        /// The vault.
        vault: VaultId,
        /// The secret.
        secret: SecretId,
        /// Its environment before the commit.
        from: EnvName,
        /// Its environment after it.
        to: EnvName,
    },
    /// Deletes a secret with all its versions: nothing of it can be read again.
    DropSecret(SecretId),
    /// Deletes every secret of an environment, those in the trash too.
    DropSecretsOf(VaultId, EnvName),
    /// Moves a version through its life; `Destroyed` also erases the ciphertext.
    VersionState {
        /// The secret.
        secret: SecretId,
        /// Which version.
        version: Version,
        /// Its new state.
        state: VersionState,
        /// When.
        at: Timestamp,
    },
    /// An API key, new or changed.
    ApiKey(ApiKey),
    /// A consumer's line of the ledger, new or changed (by secret and pod uid).
    Consumer(Consumer),
    /// Forgets a pod that is gone.
    ForgetPod(String),
    /// A record, new or changed.
    Record(Record),
    /// Deletes a record.
    DropRecord(OrgId, Collection, String),
}

/// One atomic write.
#[derive(Debug)]
pub struct Commit {
    /// The tenant whose audit chain takes the event.
    pub organization: OrgId,
    /// What must still be so.
    pub preconditions: Vec<Precondition>,
    /// The rows.
    pub writes: Vec<Write>,
    /// What the audit log will say of it.
    pub audit: AuditEvent,
    /// What watchers will hear of it.
    pub changes: Vec<ChangeDraft>,
}

/// A vault with its tenant: what rights are decided on.
#[derive(Debug, Clone)]
pub struct LocatedVault {
    /// The tenant.
    pub organization: Organization,
    /// The vault.
    pub vault: Arc<Vault>,
}

/// A secret with one of its versions and its value.
#[derive(Debug)]
pub struct Opened {
    /// The secret.
    pub secret: Secret,
    /// The version.
    pub meta: VersionMeta,
    /// Its value; `None` unless the version is live.
    pub value: Option<SecretValue>,
}

/// Persistence.
#[async_trait]
pub trait Store: Send + Sync {
    /// The organization of this name.
    async fn organization(&self, name: &OrgName) -> Result<Option<Organization>, StoreError>;

    /// The organization of this id.
    async fn organization_by_id(&self, id: OrgId) -> Result<Option<Organization>, StoreError>;

    /// The organizations whose account is this one, by name.
    async fn projects(&self, account: OrgId) -> Result<Vec<Organization>, StoreError>;

    /// The vault of this name, with its tenant.
    async fn vault(
        &self,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Option<LocatedVault>, StoreError>;

    /// The vault of this id, with its tenant.
    async fn vault_by_id(&self, id: VaultId) -> Result<Option<LocatedVault>, StoreError>;

    /// The vaults of a tenant by name, after `after`, at most `limit`.
    async fn vaults(
        &self,
        organization: OrgId,
        after: Option<&VaultName>,
        limit: u32,
    ) -> Result<Vec<Vault>, StoreError>;

    /// The secret of this name that is not in the trash.
    async fn secret(
        &self,
        vault: VaultId,
        environment: &EnvName,
        name: &SecretName,
    ) -> Result<Option<Secret>, StoreError>;

    /// The secrets of an environment that are not in the trash, by name, after `after`, at most `limit`.
    async fn secrets(
        &self,
        vault: VaultId,
        environment: &EnvName,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<Secret>, StoreError>;

    /// The secret of this id, in the trash or not.
    async fn secret_by_id(&self, id: SecretId) -> Result<Option<Secret>, StoreError>;

    /// The secrets in a vault's trash, latest first.
    async fn trash(&self, vault: VaultId) -> Result<Vec<Secret>, StoreError>;

    /// The secrets of all tenants that are to be purged by `now`, at most `limit`.
    async fn trash_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Secret>, StoreError>;

    /// How many secrets a vault holds, those in the trash not counted.
    async fn count_secrets(&self, vault: VaultId) -> Result<u64, StoreError>;

    /// The versions of a secret, newest first.
    async fn versions(&self, secret: SecretId) -> Result<Vec<VersionMeta>, StoreError>;

    /// A secret with its current version, or with `version`, and the value. `None`: there is no such
    /// secret. Without `version`, a secret with no current version answers with its latest.
    async fn open(
        &self,
        vault: &LocatedVault,
        environment: &EnvName,
        name: &SecretName,
        version: Option<Version>,
    ) -> Result<Option<Opened>, StoreError>;

    /// The value that a deleted version keeps until it is destroyed. `None`: the version is not deleted, or not there.
    async fn open_deleted(
        &self,
        vault: &LocatedVault,
        environment: &EnvName,
        name: &SecretName,
        version: Version,
    ) -> Result<Option<SecretValue>, StoreError>;

    /// The API key whose present or previous token has this digest.
    async fn api_key_by_digest(&self, digest: &TokenDigest) -> Result<Option<ApiKey>, StoreError>;

    /// The API key of this id.
    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;

    /// The API keys of a tenant by id, after `after`, at most `limit`.
    async fn api_keys(
        &self,
        organization: OrgId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError>;

    /// Adds to how often keys were used; no revision rises, and no right changes.
    async fn note_key_usage(&self, used: &[(ApiKeyId, Usage)]) -> Result<(), StoreError>;

    /// Who holds which version of the secrets of an environment.
    async fn consumers(&self, vault: VaultId, environment: &EnvName) -> Result<Vec<Consumer>, StoreError>;

    /// One pod's lines of that ledger. An engine answers this without reading the others' lines.
    async fn pod_consumers(
        &self,
        vault: &LocatedVault,
        environment: &EnvName,
        pod_uid: &str,
    ) -> Result<Vec<Consumer>, StoreError> {
        let mut lines = self.consumers(vault.vault.id, environment).await?;
        lines.retain(|line| line.pod_uid == pod_uid);
        Ok(lines)
    }

    /// The record of this key, expired or not.
    async fn record_by_key(
        &self,
        organization: OrgId,
        collection: Collection,
        key: &str,
    ) -> Result<Option<Arc<FoundRecord>>, StoreError>;

    /// The record, of any tenant, with this digest, expired or not.
    async fn record_by_digest(
        &self,
        collection: Collection,
        digest: &TokenDigest,
    ) -> Result<Option<Arc<FoundRecord>>, StoreError>;

    /// The records that `query` asks for.
    async fn records(&self, query: &RecordQuery<'_>) -> Result<Vec<Record>, StoreError>;

    /// How many records `query` matches, whatever it skips and however few it wants.
    async fn count_records(&self, query: &RecordQuery<'_>) -> Result<u64, StoreError>;

    /// The records of all tenants that are due by `now`, those due first first, at most `limit`; none of the groups
    /// `except`.
    async fn due_records(
        &self,
        collection: Collection,
        now: Timestamp,
        except: &[String],
        limit: u32,
    ) -> Result<Vec<Record>, StoreError>;

    /// Deletes records of all tenants that expired by `now`, at most `limit`. They were absent already: no
    /// event, no change.
    async fn sweep_records(&self, now: Timestamp, limit: u32) -> Result<(), StoreError>;

    /// The audit records of a tenant with sequence numbers above `after`, oldest first, at most `limit`.
    async fn audit(
        &self,
        organization: OrgId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError>;

    /// The audit records of a tenant with sequence numbers below `before`, newest first, at most `limit`.
    async fn audit_before(
        &self,
        organization: OrgId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError>;

    /// The changes with sequence numbers above `after`, oldest first, at most `limit`.
    async fn changes(&self, after: u64, limit: u32) -> Result<Vec<Change>, StoreError>;

    /// The oldest change's sequence number; 0 if there is none.
    async fn oldest_change(&self) -> Result<u64, StoreError>;

    /// Deletes changes from before `before`, oldest first, at most `limit`; never the newest.
    async fn trim_changes(&self, before: Timestamp, limit: u32) -> Result<(), StoreError>;

    /// The sequence number of the newest change: now, and again whenever it rises.
    fn watch(&self) -> BoxStream<'static, u64>;

    /// The newest change's sequence number.
    fn latest_change(&self) -> u64;

    /// Rises whenever an API key, or a vault's access, may have changed: what was authenticated or
    /// authorised under a lower number must be looked up again.
    fn rights_epoch(&self) -> u64;

    /// The keyed digest of a token.
    fn digest(&self, token: &ApiToken) -> TokenDigest;

    /// Takes `commit` as a whole, and returns once it is on disk.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;

    /// Appends an event to a tenant's audit chain, for what changes nothing else. Returns when it is
    /// written or, by configuration, on disk.
    async fn record(&self, organization: OrgId, event: AuditEvent) -> Result<(), StoreError>;
}
