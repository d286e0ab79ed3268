//! A store in memory: the reference that engines are compared with. Nothing is durable, encrypted or fast.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use jiff::Timestamp;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::{
    address::Version,
    api_key::{ApiToken, TokenDigest},
    audit::{AuditEvent, AuditRecord},
    change::Change,
    entity::{ApiKey, Consumer, Organization, Secret, Usage, Vault, VersionMeta, VersionState},
    id::{ApiKeyId, OrgId, SecretId, VaultId},
    name::{EnvName, OrgName, SecretName, VaultName},
    record::{Collection, FoundRecord, Record, RecordQuery},
    secret_value::SecretValue,
    store::{Commit, CommitError, LocatedVault, Opened, Store, StoreError},
    testkit::rows::Rows,
};

/// Keeps everything in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
    epoch: AtomicU64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// What the audit log of `organization` says, parsed.
    pub fn audit_events(&self, organization: OrgId) -> Vec<AuditEvent> {
        let rows = self.rows.lock();
        rows.audit
            .get(&organization)
            .into_iter()
            .flatten()
            .filter_map(|record| record.parse().ok())
            .collect()
    }
}

fn found(record: &Record) -> Arc<FoundRecord> {
    Arc::new(record.clone().into())
}

fn page<T: Clone, K: Ord>(
    rows: impl Iterator<Item = T>,
    key: impl Fn(&T) -> K,
    after: Option<&K>,
    limit: u32,
) -> Vec<T> {
    let mut rows: Vec<T> = rows
        .filter(|row| after.is_none_or(|after| key(row) > *after))
        .collect();
    rows.sort_by_key(key);
    rows.truncate(limit as usize);
    rows
}

#[async_trait]
impl Store for MemoryStore {
    async fn organization(&self, name: &OrgName) -> Result<Option<Organization>, StoreError> {
        Ok(self
            .rows
            .lock()
            .organizations
            .values()
            .find(|known| known.name == *name)
            .cloned())
    }

    async fn organization_by_id(&self, id: OrgId) -> Result<Option<Organization>, StoreError> {
        Ok(self.rows.lock().organizations.get(&id).cloned())
    }

    async fn projects(&self, account: OrgId) -> Result<Vec<Organization>, StoreError> {
        let rows = self.rows.lock();
        let own = rows
            .organizations
            .values()
            .filter(|known| known.account == Some(account));
        Ok(page(own.cloned(), |known| known.name.clone(), None, u32::MAX))
    }

    async fn vault(
        &self,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Option<LocatedVault>, StoreError> {
        let rows = self.rows.lock();
        let Some(organization) = rows
            .organizations
            .values()
            .find(|known| known.name == *organization)
        else {
            return Ok(None);
        };
        let vault = rows.vault_named(organization.id, vault).cloned();
        Ok(vault.map(|vault| LocatedVault {
            organization: organization.clone(),
            vault: Arc::new(vault),
        }))
    }

    async fn vault_by_id(&self, id: VaultId) -> Result<Option<LocatedVault>, StoreError> {
        let rows = self.rows.lock();
        let vault = rows.vaults.get(&id).cloned();
        Ok(vault.and_then(|vault| {
            Some(LocatedVault {
                organization: rows.organizations.get(&vault.organization)?.clone(),
                vault: Arc::new(vault),
            })
        }))
    }

    async fn vaults(
        &self,
        organization: OrgId,
        after: Option<&VaultName>,
        limit: u32,
    ) -> Result<Vec<Vault>, StoreError> {
        let rows = self.rows.lock();
        let own = rows
            .vaults
            .values()
            .filter(|vault| vault.organization == organization)
            .cloned();
        Ok(page(own, |vault| vault.name.clone(), after, limit))
    }

    async fn secret(
        &self,
        vault: VaultId,
        environment: &EnvName,
        name: &SecretName,
    ) -> Result<Option<Secret>, StoreError> {
        Ok(self.rows.lock().secret_named(vault, environment, name).cloned())
    }

    async fn secrets(
        &self,
        vault: VaultId,
        environment: &EnvName,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<Secret>, StoreError> {
        let rows = self.rows.lock();
        let here = rows
            .secrets
            .values()
            .filter(|secret| secret.vault == vault && secret.environment == *environment)
            .filter(|secret| secret.trashed.is_none());
        Ok(page(here.cloned(), |secret| secret.name.clone(), after, limit))
    }

    async fn secret_by_id(&self, id: SecretId) -> Result<Option<Secret>, StoreError> {
        Ok(self.rows.lock().secrets.get(&id).cloned())
    }

    async fn trash(&self, vault: VaultId) -> Result<Vec<Secret>, StoreError> {
        Ok(self.rows.lock().trash(vault))
    }

    async fn trash_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Secret>, StoreError> {
        let due = |secret: &&Secret| secret.trashed.is_some_and(|trashed| trashed.purge_at <= now);
        let rows = self.rows.lock();
        let found = rows.secrets.values().filter(due).take(limit as usize);
        Ok(found.cloned().collect())
    }

    async fn count_secrets(&self, vault: VaultId) -> Result<u64, StoreError> {
        let rows = self.rows.lock();
        let kept = |secret: &&Secret| secret.vault == vault && secret.trashed.is_none();
        Ok(rows.secrets.values().filter(kept).count() as u64)
    }

    async fn versions(&self, secret: SecretId) -> Result<Vec<VersionMeta>, StoreError> {
        let rows = self.rows.lock();
        let all = rows
            .versions
            .range((secret, Version::FIRST)..)
            .take_while(|((id, _), _)| *id == secret);
        let mut metas: Vec<VersionMeta> = all.map(|(_, (meta, _))| meta.clone()).collect();
        metas.reverse();
        Ok(metas)
    }

    async fn open(
        &self,
        vault: &LocatedVault,
        environment: &EnvName,
        name: &SecretName,
        version: Option<Version>,
    ) -> Result<Option<Opened>, StoreError> {
        let rows = self.rows.lock();
        let Some(secret) = rows.secret_named(vault.vault.id, environment, name).cloned() else {
            return Ok(None);
        };
        let wanted = version.or(secret.current).unwrap_or(secret.latest);
        let found = rows.versions.get(&(secret.id, wanted)).cloned();
        Ok(found.map(|(meta, value)| {
            let value = value.filter(|_| meta.state == VersionState::Live);
            Opened { secret, meta, value }
        }))
    }

    async fn open_deleted(
        &self,
        vault: &LocatedVault,
        environment: &EnvName,
        name: &SecretName,
        version: Version,
    ) -> Result<Option<SecretValue>, StoreError> {
        let rows = self.rows.lock();
        Ok(rows.deleted((vault.vault.id, environment, name), version))
    }

    async fn api_key_by_digest(&self, digest: &TokenDigest) -> Result<Option<ApiKey>, StoreError> {
        let rows = self.rows.lock();
        let has = |key: &&ApiKey| {
            key.digest == *digest || key.previous.as_ref().is_some_and(|old| old.digest == *digest)
        };
        Ok(rows.keys.values().find(has).cloned())
    }

    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        Ok(self.rows.lock().keys.get(&id).cloned())
    }

    async fn api_keys(
        &self,
        organization: OrgId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let rows = self.rows.lock();
        let own = rows.keys.values().cloned();
        let own = own.filter(|key| key.organization == organization);
        Ok(page(own, |key| key.id, after.as_ref(), limit))
    }

    async fn note_key_usage(&self, used: &[(ApiKeyId, Usage)]) -> Result<(), StoreError> {
        let mut rows = self.rows.lock();
        for (id, usage) in used {
            if let Some(key) = rows.keys.get_mut(id) {
                key.usage.count += usage.count;
                key.usage.last = key.usage.last.max(usage.last);
            }
        }
        Ok(())
    }

    async fn consumers(&self, vault: VaultId, environment: &EnvName) -> Result<Vec<Consumer>, StoreError> {
        let rows = self.rows.lock();
        let here = |line: &&Consumer| {
            rows.secrets
                .get(&line.secret)
                .is_some_and(|s| s.vault == vault && s.environment == *environment)
        };
        Ok(rows.consumers.values().filter(here).cloned().collect())
    }

    async fn record_by_key(
        &self,
        organization: OrgId,
        collection: Collection,
        key: &str,
    ) -> Result<Option<Arc<FoundRecord>>, StoreError> {
        let key = (organization, collection, key.to_owned());
        Ok(self.rows.lock().records.get(&key).map(found))
    }

    async fn record_by_digest(
        &self,
        collection: Collection,
        digest: &TokenDigest,
    ) -> Result<Option<Arc<FoundRecord>>, StoreError> {
        let has = |record: &&Record| {
            record.head.collection == collection && record.head.digest.as_ref() == Some(digest)
        };
        Ok(self.rows.lock().records.values().find(has).map(found))
    }

    async fn records(&self, query: &RecordQuery<'_>) -> Result<Vec<Record>, StoreError> {
        let rows = self.rows.lock();
        let found = rows.matching(query).into_iter();
        let page = found.skip(query.skip as usize).take(query.limit as usize);
        Ok(page.cloned().collect())
    }

    async fn count_records(&self, query: &RecordQuery<'_>) -> Result<u64, StoreError> {
        Ok(self.rows.lock().matching(query).len() as u64)
    }

    async fn due_records(
        &self,
        collection: Collection,
        now: Timestamp,
        except: &[String],
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let found = self.rows.lock().due(collection, now, except).into_iter();
        Ok(found.take(limit as usize).collect())
    }

    async fn sweep_records(&self, now: Timestamp, _: u32) -> Result<(), StoreError> {
        self.rows
            .lock()
            .records
            .retain(|_, record| record.head.lives(now));
        Ok(())
    }

    async fn audit(
        &self,
        organization: OrgId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = self.rows.lock();
        let chain = rows.audit.get(&organization).into_iter().flatten();
        Ok(chain
            .filter(|record| record.sequence > after)
            .take(limit as usize)
            .cloned()
            .collect())
    }

    async fn audit_before(
        &self,
        organization: OrgId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        Ok(self.rows.lock().audit_before(organization, before, limit))
    }

    async fn changes(&self, after: u64, limit: u32) -> Result<Vec<Change>, StoreError> {
        Ok(self.rows.lock().changes_after(after, limit))
    }

    fn watch(&self) -> BoxStream<'static, u64> {
        futures::stream::iter([self.latest_change()]).boxed()
    }

    fn latest_change(&self) -> u64 {
        let rows = self.rows.lock();
        rows.changes.last().map_or(0, |change| change.sequence)
    }

    async fn oldest_change(&self) -> Result<u64, StoreError> {
        let rows = self.rows.lock();
        Ok(rows.changes.first().map_or(0, |change| change.sequence))
    }

    async fn trim_changes(&self, before: Timestamp, limit: u32) -> Result<(), StoreError> {
        self.rows.lock().trim(before, limit);
        Ok(())
    }

    fn rights_epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    fn digest(&self, token: &ApiToken) -> TokenDigest {
        TokenDigest(Sha256::digest(token.secret().reveal()).into())
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut rows = self.rows.lock();
        if !rows.takes(&commit) {
            return Err(CommitError::Precondition);
        }
        commit.writes.into_iter().for_each(|write| rows.write(write));
        commit
            .changes
            .into_iter()
            .for_each(|change| rows.announce(commit.organization, change));
        rows.append(commit.organization, &commit.audit);
        self.epoch.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn record(&self, organization: OrgId, event: AuditEvent) -> Result<(), StoreError> {
        self.rows.lock().append(organization, &event);
        Ok(())
    }
}
