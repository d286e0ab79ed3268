//! The engine's face: each question to its query, each task to the writer.

use std::sync::{Arc, atomic::Ordering};

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
use futures::{StreamExt, stream, stream::BoxStream};
use jiff::Timestamp;

use super::{
    Sqlite,
    job::{Task, without_preconditions},
    read::{api_keys, keys, logs, records, secrets, tenants},
};
use crate::engine::{
    AuditDurability, Engine, Root, SealedCommit, SealedRecord, SealedVersion, Stats, VaultKey,
};

impl Engine for Sqlite {
    async fn organization(&self, name: &OrgName) -> Result<Option<Organization>, StoreError> {
        self.readers.read(|db| tenants::organization(db, name))
    }

    async fn organization_by_id(&self, id: OrgId) -> Result<Option<Organization>, StoreError> {
        self.readers.read(|db| tenants::organization_by_id(db, id))
    }

    async fn projects(&self, account: OrgId) -> Result<Vec<Organization>, StoreError> {
        self.readers.read(|db| tenants::projects(db, account))
    }

    async fn vault(
        &self,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Option<(Organization, Vault)>, StoreError> {
        self.readers.read(|db| tenants::vault(db, organization, vault))
    }

    async fn vault_by_id(&self, id: VaultId) -> Result<Option<(Organization, Vault)>, StoreError> {
        self.readers.read(|db| tenants::vault_by_id(db, id))
    }

    async fn vaults(
        &self,
        organization: OrgId,
        after: Option<&VaultName>,
        limit: u32,
    ) -> Result<Vec<Vault>, StoreError> {
        self.readers
            .read(|db| tenants::vaults(db, organization, after, limit))
    }

    async fn vault_keys(&self, vault: VaultId) -> Result<Vec<VaultKey>, StoreError> {
        self.readers.read(|db| keys::of_vault(db, vault))
    }

    async fn secret(
        &self,
        vault: VaultId,
        environment: &EnvName,
        name: &SecretName,
    ) -> Result<Option<Secret>, StoreError> {
        self.readers
            .read(|db| secrets::secret(db, vault, environment, name))
    }

    async fn secrets(
        &self,
        vault: VaultId,
        environment: &EnvName,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<Secret>, StoreError> {
        self.readers
            .read(|db| secrets::secrets(db, vault, environment, after, limit))
    }

    async fn secret_by_id(&self, id: SecretId) -> Result<Option<Secret>, StoreError> {
        let held = self.shared.hot.secret(id);
        held.map_or_else(
            || self.readers.read(|db| secrets::by_id(db, id)),
            |secret| Ok(Some(secret)),
        )
    }

    async fn trash(&self, vault: VaultId) -> Result<Vec<Secret>, StoreError> {
        self.readers.read(|db| secrets::trash(db, vault))
    }

    async fn trash_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Secret>, StoreError> {
        self.readers.read(|db| secrets::trash_due(db, now, limit))
    }

    async fn ciphertexts(&self, secret: SecretId) -> Result<Vec<(Version, Vec<u8>)>, StoreError> {
        self.readers.read(|db| secrets::ciphertexts(db, secret))
    }

    async fn count_secrets(&self, vault: VaultId) -> Result<u64, StoreError> {
        self.readers.read(|db| secrets::count(db, vault))
    }

    async fn versions(&self, secret: SecretId) -> Result<Vec<VersionMeta>, StoreError> {
        self.readers.read(|db| secrets::versions(db, secret))
    }

    async fn sealed_version(
        &self,
        owner: (OrgId, VaultId),
        environment: &EnvName,
        name: &SecretName,
        version: Option<Version>,
    ) -> Result<Option<Arc<SealedVersion>>, StoreError> {
        let read = || {
            self.readers
                .read(|db| secrets::sealed_version(db, owner, environment, name, version))
        };
        match version {
            Some(_) => read(),
            None => self.shared.hot.current(owner, environment, name, read),
        }
    }

    async fn api_key_by_digest(&self, digest: &TokenDigest) -> Result<Option<ApiKey>, StoreError> {
        self.readers.read(|db| api_keys::by_digest(db, digest))
    }

    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        self.readers.read(|db| api_keys::by_id(db, id))
    }

    async fn api_keys(
        &self,
        organization: OrgId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        self.readers
            .read(|db| api_keys::of_organization(db, organization, after, limit))
    }

    async fn note_key_usage(&self, used: &[(ApiKeyId, Usage)]) -> Result<(), StoreError> {
        self.write(Task::Usage(used.to_vec()))
            .await
            .map_err(without_preconditions)
    }

    async fn consumers(&self, vault: VaultId, environment: &EnvName) -> Result<Vec<Consumer>, StoreError> {
        self.readers.read(|db| secrets::consumers(db, vault, environment))
    }

    async fn pod_consumers(
        &self,
        organization: OrgId,
        vault: VaultId,
        environment: &EnvName,
        pod_uid: &str,
    ) -> Result<Vec<Consumer>, StoreError> {
        self.readers
            .read(|db| secrets::pod_consumers(db, organization, vault, environment, pod_uid))
    }

    async fn record_by_key(
        &self,
        organization: OrgId,
        collection: Collection,
        key: &str,
        open: impl Fn(SealedRecord) -> Result<Record, StoreError> + Send,
    ) -> Result<Option<Arc<FoundRecord>>, StoreError> {
        let read = || {
            let found = self
                .readers
                .read(|db| records::by_key(db, organization, collection, key))?;
            found.map(open).map(found_record).transpose()
        };
        self.shared
            .hot_records
            .by_key((organization, collection), key, read)
    }

    async fn record_by_digest(
        &self,
        collection: Collection,
        digest: &TokenDigest,
        open: impl Fn(SealedRecord) -> Result<Record, StoreError> + Send,
    ) -> Result<Option<Arc<FoundRecord>>, StoreError> {
        let read = || {
            let found = self
                .readers
                .read(|db| records::by_digest(db, collection, digest))?;
            found.map(open).map(found_record).transpose()
        };
        self.shared.hot_records.by_digest((collection, *digest), read)
    }

    async fn records(&self, query: &RecordQuery<'_>) -> Result<Vec<SealedRecord>, StoreError> {
        self.readers.read(|db| records::page(db, query))
    }

    async fn count_records(&self, query: &RecordQuery<'_>) -> Result<u64, StoreError> {
        self.readers.read(|db| records::count(db, query))
    }

    async fn due_records(
        &self,
        collection: Collection,
        now: Timestamp,
        except: &[String],
        limit: u32,
    ) -> Result<Vec<SealedRecord>, StoreError> {
        self.readers
            .read(|db| records::due(db, collection, now, except, limit))
    }

    async fn sweep_records(&self, now: Timestamp, limit: u32) -> Result<(), StoreError> {
        self.write(Task::Sweep(now, limit))
            .await
            .map_err(without_preconditions)
    }

    async fn audit(
        &self,
        organization: OrgId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        if self.shared.journal.waiting() > 0 {
            self.settle().await?;
        }
        self.readers
            .read(|db| logs::audit(db, organization, after, limit))
    }

    async fn audit_before(
        &self,
        organization: OrgId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        if self.shared.journal.waiting() > 0 {
            self.settle().await?;
        }
        self.readers
            .read(|db| logs::audit_before(db, organization, before, limit))
    }

    async fn changes(&self, after: u64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.readers.read(|db| logs::changes(db, after, limit))
    }

    async fn oldest_change(&self) -> Result<u64, StoreError> {
        self.readers.read(logs::oldest_change)
    }

    async fn trim_changes(&self, before: Timestamp, limit: u32) -> Result<(), StoreError> {
        self.write(Task::Trim(before, limit))
            .await
            .map_err(without_preconditions)
    }

    fn watch(&self) -> BoxStream<'static, u64> {
        let mut receiver = self.shared.latest.subscribe();
        receiver.mark_changed();
        stream::unfold(receiver, |mut receiver| async move {
            receiver.changed().await.ok()?;
            let latest = *receiver.borrow_and_update();
            Some((latest, receiver))
        })
        .boxed()
    }

    fn latest_change(&self) -> u64 {
        self.shared.latest_change()
    }

    fn rights_epoch(&self) -> u64 {
        self.shared.rights_epoch.load(Ordering::Acquire)
    }

    async fn commit(&self, commit: SealedCommit) -> Result<(), CommitError> {
        self.write(Task::Commit(commit)).await
    }

    async fn record(
        &self,
        organization: OrgId,
        event: Vec<u8>,
        durability: AuditDurability,
    ) -> Result<(), StoreError> {
        match durability {
            AuditDurability::Written => self.jot(organization, event).await,
            AuditDurability::Durable => self
                .write(Task::Record { organization, event })
                .await
                .map_err(without_preconditions),
        }
    }

    async fn root(&self) -> Result<Option<Root>, StoreError> {
        self.readers.read(keys::root)
    }

    async fn vault_keys_not_under(&self, kek: &str, limit: u32) -> Result<Vec<VaultKey>, StoreError> {
        self.readers.read(|db| keys::not_under(db, kek, limit))
    }

    async fn put_root(&self, root: Root) -> Result<(), StoreError> {
        self.write(Task::Root(root)).await.map_err(without_preconditions)
    }

    async fn replace_vault_keys(&self, keys: Vec<VaultKey>) -> Result<(), StoreError> {
        self.write(Task::Keys(keys)).await.map_err(without_preconditions)
    }

    fn stats(&self) -> Stats {
        self.shared.counters.read()
    }
}

fn found_record(opened: Result<Record, StoreError>) -> Result<Arc<FoundRecord>, StoreError> {
    opened.map(|record| Arc::new(record.into()))
}
