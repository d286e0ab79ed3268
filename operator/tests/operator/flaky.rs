//! A store whose disk is full while a switch is on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use coffer_domain::{
    address::Version,
    api_key::{ApiToken, TokenDigest},
    audit::{AuditEvent, AuditRecord},
    change::Change,
    entity::{ApiKey, Consumer, Organization, Secret, Usage, Vault, VersionMeta},
    id::{ApiKeyId, OrgId, SecretId, VaultId},
    name::{EnvName, OrgName, SecretName, VaultName},
    record::{Collection, FoundRecord, Record, RecordQuery},
    secret_value::SecretValue,
    store::{Commit, CommitError, LocatedVault, Opened, Store, StoreError},
};
use futures::stream::BoxStream;
use jiff::Timestamp;

#[derive(Clone)]
pub struct Flaky {
    store: Arc<dyn Store>,
    full: Arc<AtomicBool>,
}

impl Flaky {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            full: Arc::default(),
        }
    }

    pub fn fill_disk(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("database or disk is full".into()));
        }
        Ok(())
    }
}

/// Hands each call on.
macro_rules! pass {
    ($(fn $name:ident(&self $(, $argument:ident: $type:ty)*) -> $result:ty;)*) => {
        #[async_trait]
        impl Store for Flaky {
            $(async fn $name(&self $(, $argument: $type)*) -> Result<$result, StoreError> {
                self.store.$name($($argument),*).await
            })*

            fn watch(&self) -> BoxStream<'static, u64> {
                self.store.watch()
            }

            fn latest_change(&self) -> u64 {
                self.store.latest_change()
            }

            fn rights_epoch(&self) -> u64 {
                self.store.rights_epoch()
            }

            fn digest(&self, token: &ApiToken) -> TokenDigest {
                self.store.digest(token)
            }

            async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
                self.check()?;
                self.store.commit(commit).await
            }

            async fn record(&self, organization: OrgId, event: AuditEvent) -> Result<(), StoreError> {
                self.check()?;
                self.store.record(organization, event).await
            }
        }
    };
}

pass! {
    fn audit_before(&self, organization: OrgId, before: Option<u64>, limit: u32) -> Vec<AuditRecord>;
    fn projects(&self, account: OrgId) -> Vec<Organization>;
    fn note_key_usage(&self, used: &[(ApiKeyId, Usage)]) -> ();
    fn vault_by_id(&self, id: VaultId) -> Option<LocatedVault>;
    fn secret_by_id(&self, id: SecretId) -> Option<Secret>;
    fn trash(&self, vault: VaultId) -> Vec<Secret>;
    fn trash_due(&self, now: Timestamp, limit: u32) -> Vec<Secret>;
    fn record_by_key(&self, organization: OrgId, collection: Collection, key: &str) -> Option<Arc<FoundRecord>>;
    fn record_by_digest(&self, collection: Collection, digest: &TokenDigest) -> Option<Arc<FoundRecord>>;
    fn records(&self, query: &RecordQuery<'_>) -> Vec<Record>;
    fn count_records(&self, query: &RecordQuery<'_>) -> u64;
    fn due_records(&self, collection: Collection, now: Timestamp, except: &[String], limit: u32) -> Vec<Record>;
    fn sweep_records(&self, now: Timestamp, limit: u32) -> ();
    fn organization(&self, name: &OrgName) -> Option<Organization>;
    fn organization_by_id(&self, id: OrgId) -> Option<Organization>;
    fn vault(&self, organization: &OrgName, vault: &VaultName) -> Option<LocatedVault>;
    fn vaults(&self, organization: OrgId, after: Option<&VaultName>, limit: u32) -> Vec<Vault>;
    fn secret(&self, vault: VaultId, environment: &EnvName, name: &SecretName) -> Option<Secret>;
    fn secrets(&self, vault: VaultId, environment: &EnvName, after: Option<&SecretName>, limit: u32) -> Vec<Secret>;
    fn count_secrets(&self, vault: VaultId) -> u64;
    fn versions(&self, secret: SecretId) -> Vec<VersionMeta>;
    fn open(&self, vault: &LocatedVault, environment: &EnvName, name: &SecretName, version: Option<Version>) -> Option<Opened>;
    fn open_deleted(&self, vault: &LocatedVault, environment: &EnvName, name: &SecretName, version: Version) -> Option<SecretValue>;
    fn api_key_by_digest(&self, digest: &TokenDigest) -> Option<ApiKey>;
    fn api_key(&self, id: ApiKeyId) -> Option<ApiKey>;
    fn api_keys(&self, organization: OrgId, after: Option<ApiKeyId>, limit: u32) -> Vec<ApiKey>;
    fn consumers(&self, vault: VaultId, environment: &EnvName) -> Vec<Consumer>;
    fn audit(&self, organization: OrgId, after: u64, limit: u32) -> Vec<AuditRecord>;
    fn changes(&self, after: u64, limit: u32) -> Vec<Change>;
    fn oldest_change(&self) -> u64;
    fn trim_changes(&self, before: Timestamp, limit: u32) -> ();
}
