//! What a database does for the store: keeps rows, of which every value is sealed before it gets here and
//! opened after it left. An engine holds no key and could not read one value; what was opened for it may stay in its
//! memory, where it knows until when that is true.

mod rows;
pub mod sqlite;
mod stats;

use std::{future::Future, sync::Arc};

use coffer_domain::{
    address::Version,
    api_key::TokenDigest,
    audit::AuditRecord,
    change::Change,
    entity::{ApiKey, Consumer, Organization, Secret, Usage, Vault, VersionMeta},
    id::{ApiKeyId, OrgId, SecretId, VaultId},
    name::{EnvName, OrgName, SecretName, VaultName},
    record::{Collection, FoundRecord, Record, RecordQuery},
    store::{CommitError, StoreError},
};
use futures::stream::BoxStream;
use jiff::Timestamp;

pub use rows::{Root, SealedCommit, SealedRecord, SealedVersion, SealedWrite, VaultKey};
pub use stats::{Counters, Stats};

/// When the record of a read counts as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuditDurability {
    /// Once the operating system has it. It survives the death of this process in any way (`kill -9`), and is
    /// on disk with the next commit, or the next checkpoint; a power cut before that loses the newest such
    /// records, from the end of the chain, and nothing that was written by a commit.
    #[default]
    Written,
    /// Once it is on disk: a flush for every group of reads.
    Durable,
}

/// A database. Answers of `None` mean that there is no such row.
pub trait Engine: Send + Sync + 'static {
    /// The organization of this name.
    fn organization(
        &self,
        name: &OrgName,
    ) -> impl Future<Output = Result<Option<Organization>, StoreError>> + Send;

    /// The organization of this id.
    fn organization_by_id(
        &self,
        id: OrgId,
    ) -> impl Future<Output = Result<Option<Organization>, StoreError>> + Send;

    /// The organizations whose account is this one, by name.
    fn projects(&self, account: OrgId) -> impl Future<Output = Result<Vec<Organization>, StoreError>> + Send;

    /// The vault of this name, with its tenant.
    fn vault(
        &self,
        organization: &OrgName,
        vault: &VaultName,
    ) -> impl Future<Output = Result<Option<(Organization, Vault)>, StoreError>> + Send;

    /// The vault of this id, with its tenant.
    fn vault_by_id(
        &self,
        id: VaultId,
    ) -> impl Future<Output = Result<Option<(Organization, Vault)>, StoreError>> + Send;

    /// The vaults of a tenant by name, after `after`, at most `limit`.
    fn vaults(
        &self,
        organization: OrgId,
        after: Option<&VaultName>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Vault>, StoreError>> + Send;

    /// The data keys of a vault.
    fn vault_keys(&self, vault: VaultId) -> impl Future<Output = Result<Vec<VaultKey>, StoreError>> + Send;

    /// The secret of this name.
    fn secret(
        &self,
        vault: VaultId,
        environment: &EnvName,
        name: &SecretName,
    ) -> impl Future<Output = Result<Option<Secret>, StoreError>> + Send;

    /// The secrets of an environment by name, after `after`, at most `limit`.
    fn secrets(
        &self,
        vault: VaultId,
        environment: &EnvName,
        after: Option<&SecretName>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Secret>, StoreError>> + Send;

    /// The secret of this id, in the trash or not.
    fn secret_by_id(&self, id: SecretId) -> impl Future<Output = Result<Option<Secret>, StoreError>> + Send;

    /// The secrets in a vault's trash, latest first.
    fn trash(&self, vault: VaultId) -> impl Future<Output = Result<Vec<Secret>, StoreError>> + Send;

    /// The secrets of all tenants that are to be purged by `now`.
    fn trash_due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Secret>, StoreError>> + Send;

    /// The ciphertexts of a secret: of every version that has one.
    fn ciphertexts(
        &self,
        secret: SecretId,
    ) -> impl Future<Output = Result<Vec<(Version, Vec<u8>)>, StoreError>> + Send;

    /// How many secrets a vault holds, those in the trash not counted.
    fn count_secrets(&self, vault: VaultId) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The versions of a secret, newest first.
    fn versions(&self, secret: SecretId)
    -> impl Future<Output = Result<Vec<VersionMeta>, StoreError>> + Send;

    /// A secret with `version`, else its current version, else its latest.
    fn sealed_version(
        &self,
        owner: (OrgId, VaultId),
        environment: &EnvName,
        name: &SecretName,
        version: Option<Version>,
    ) -> impl Future<Output = Result<Option<Arc<SealedVersion>>, StoreError>> + Send;

    /// The API key whose present or previous token has this digest.
    fn api_key_by_digest(
        &self,
        digest: &TokenDigest,
    ) -> impl Future<Output = Result<Option<ApiKey>, StoreError>> + Send;

    /// The API key of this id.
    fn api_key(&self, id: ApiKeyId) -> impl Future<Output = Result<Option<ApiKey>, StoreError>> + Send;

    /// The API keys of a tenant by id, after `after`, at most `limit`.
    fn api_keys(
        &self,
        organization: OrgId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<ApiKey>, StoreError>> + Send;

    /// Adds to how often keys were used.
    fn note_key_usage(
        &self,
        used: &[(ApiKeyId, Usage)],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The ledger of an environment.
    fn consumers(
        &self,
        vault: VaultId,
        environment: &EnvName,
    ) -> impl Future<Output = Result<Vec<Consumer>, StoreError>> + Send;

    /// One pod's lines of it.
    fn pod_consumers(
        &self,
        organization: OrgId,
        vault: VaultId,
        environment: &EnvName,
        pod_uid: &str,
    ) -> impl Future<Output = Result<Vec<Consumer>, StoreError>> + Send;

    /// The record of this key: `open` opens it, unless it was kept open.
    fn record_by_key(
        &self,
        organization: OrgId,
        collection: Collection,
        key: &str,
        open: impl Fn(SealedRecord) -> Result<Record, StoreError> + Send,
    ) -> impl Future<Output = Result<Option<Arc<FoundRecord>>, StoreError>> + Send;

    /// The record, of any tenant, with this digest, opened in the same way.
    fn record_by_digest(
        &self,
        collection: Collection,
        digest: &TokenDigest,
        open: impl Fn(SealedRecord) -> Result<Record, StoreError> + Send,
    ) -> impl Future<Output = Result<Option<Arc<FoundRecord>>, StoreError>> + Send;

    /// The records that `query` asks for.
    fn records(
        &self,
        query: &RecordQuery<'_>,
    ) -> impl Future<Output = Result<Vec<SealedRecord>, StoreError>> + Send;

    /// How many records `query` matches, whatever it skips and however few it wants.
    fn count_records(&self, query: &RecordQuery<'_>) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The records of all tenants that are due by `now`, those due first first; none of the groups `except`.
    fn due_records(
        &self,
        collection: Collection,
        now: Timestamp,
        except: &[String],
        limit: u32,
    ) -> impl Future<Output = Result<Vec<SealedRecord>, StoreError>> + Send;

    /// Deletes records of all tenants that expired by `now`, at most `limit`.
    fn sweep_records(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A tenant's audit records above `after`, oldest first, at most `limit`.
    fn audit(
        &self,
        organization: OrgId,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AuditRecord>, StoreError>> + Send;

    /// A tenant's audit records below `before`, newest first, at most `limit`.
    fn audit_before(
        &self,
        organization: OrgId,
        before: Option<u64>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AuditRecord>, StoreError>> + Send;

    /// The changes above `after`, oldest first, at most `limit`.
    fn changes(&self, after: u64, limit: u32)
    -> impl Future<Output = Result<Vec<Change>, StoreError>> + Send;

    /// The oldest change's number; 0 if there is none.
    fn oldest_change(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Deletes changes from before `before`, oldest first, at most `limit`; never the newest.
    fn trim_changes(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The newest change's number: now, and whenever it rises.
    fn watch(&self) -> BoxStream<'static, u64>;

    /// The newest change's number.
    fn latest_change(&self) -> u64;

    /// Rises, before the commit that caused it returns, whenever rights may have changed.
    fn rights_epoch(&self) -> u64;

    /// Takes a commit; it is on disk when this returns.
    fn commit(&self, commit: SealedCommit) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// Appends an event (its canonical bytes) to a tenant's chain.
    fn record(
        &self,
        organization: OrgId,
        event: Vec<u8>,
        durability: AuditDurability,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What the store is opened with; `None` while it is new.
    fn root(&self) -> impl Future<Output = Result<Option<Root>, StoreError>> + Send;

    /// Up to `limit` vault keys that are wrapped under another root key than `kek`.
    fn vault_keys_not_under(
        &self,
        kek: &str,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<VaultKey>, StoreError>> + Send;

    /// Keeps the root, new or rewrapped.
    fn put_root(&self, root: Root) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces wrapped keys, as a whole. A key that is gone stays gone.
    fn replace_vault_keys(&self, keys: Vec<VaultKey>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What has been done since it was opened.
    fn stats(&self) -> Stats;
}
