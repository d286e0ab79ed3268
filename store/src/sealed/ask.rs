//! The store's port, answered.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use coffer_domain::{
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
};
use futures::stream::BoxStream;
use jiff::Timestamp;

use super::SealedStore;
use crate::{
    aad::Aad,
    engine::{Engine, SealedVersion, SealedWrite},
    envelope::{self, Opener},
};

#[async_trait]
impl<E: Engine> Store for SealedStore<E> {
    async fn organization(&self, name: &OrgName) -> Result<Option<Organization>, StoreError> {
        // Before the row is read: a change in between then makes the row count as old.
        let epoch = self.engine.rights_epoch();
        if let Some(held) = self.organizations_by_name.get(epoch, name) {
            return Ok(Some(held));
        }
        let found = self.engine.organization(name).await?;
        if let Some(found) = &found {
            self.organizations_by_name.put(epoch, name.clone(), found.clone());
        }
        Ok(found)
    }

    async fn organization_by_id(&self, id: OrgId) -> Result<Option<Organization>, StoreError> {
        let epoch = self.engine.rights_epoch();
        if let Some(held) = self.organizations.get(epoch, &id) {
            return Ok(Some(held));
        }
        let found = self.engine.organization_by_id(id).await?;
        if let Some(found) = &found {
            self.organizations.put(epoch, id, found.clone());
        }
        Ok(found)
    }

    async fn projects(&self, account: OrgId) -> Result<Vec<Organization>, StoreError> {
        self.engine.projects(account).await
    }

    async fn vault(
        &self,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Option<LocatedVault>, StoreError> {
        // Before the row is read: a change in between then makes the row count as old.
        let epoch = self.engine.rights_epoch();
        if let Some(located) = self.vaults.get(epoch, organization, vault) {
            return Ok(Some(located));
        }
        let found = self.engine.vault(organization, vault).await?;
        Ok(found.map(|found| self.vaults.put(epoch, found)))
    }

    async fn vault_by_id(&self, id: VaultId) -> Result<Option<LocatedVault>, StoreError> {
        let epoch = self.engine.rights_epoch();
        if let Some(located) = self.vaults.by_id(epoch, id) {
            return Ok(Some(located));
        }
        let found = self.engine.vault_by_id(id).await?;
        Ok(found.map(|found| self.vaults.put(epoch, found)))
    }

    async fn vaults(
        &self,
        organization: OrgId,
        after: Option<&VaultName>,
        limit: u32,
    ) -> Result<Vec<Vault>, StoreError> {
        self.engine.vaults(organization, after, limit).await
    }

    async fn secret(
        &self,
        vault: VaultId,
        environment: &EnvName,
        name: &SecretName,
    ) -> Result<Option<Secret>, StoreError> {
        self.engine.secret(vault, environment, name).await
    }

    async fn secrets(
        &self,
        vault: VaultId,
        environment: &EnvName,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<Secret>, StoreError> {
        self.engine.secrets(vault, environment, after, limit).await
    }

    async fn secret_by_id(&self, id: SecretId) -> Result<Option<Secret>, StoreError> {
        self.engine.secret_by_id(id).await
    }

    async fn trash(&self, vault: VaultId) -> Result<Vec<Secret>, StoreError> {
        self.engine.trash(vault).await
    }

    async fn trash_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Secret>, StoreError> {
        self.engine.trash_due(now, limit).await
    }

    async fn count_secrets(&self, vault: VaultId) -> Result<u64, StoreError> {
        self.engine.count_secrets(vault).await
    }

    async fn versions(&self, secret: SecretId) -> Result<Vec<VersionMeta>, StoreError> {
        self.engine.versions(secret).await
    }

    async fn open(
        &self,
        vault: &LocatedVault,
        environment: &EnvName,
        name: &SecretName,
        version: Option<Version>,
    ) -> Result<Option<Opened>, StoreError> {
        let owner = (vault.organization.id, vault.vault.id);
        let Some(found) = self
            .engine
            .sealed_version(owner, environment, name, version)
            .await?
        else {
            return Ok(None);
        };
        let value = match found.meta.state {
            VersionState::Live => Some(self.open_value(owner, &found).await?),
            VersionState::Deleted | VersionState::Destroyed => None,
        };
        let (secret, meta) = (found.secret.clone(), found.meta.clone());
        Ok(Some(Opened { secret, meta, value }))
    }

    async fn open_deleted(
        &self,
        vault: &LocatedVault,
        environment: &EnvName,
        name: &SecretName,
        version: Version,
    ) -> Result<Option<SecretValue>, StoreError> {
        let owner = (vault.organization.id, vault.vault.id);
        let found = self
            .engine
            .sealed_version(owner, environment, name, Some(version))
            .await?;
        match found.filter(|found| found.meta.state == VersionState::Deleted) {
            Some(found) => self.open_value(owner, &found).await.map(Some),
            None => Ok(None),
        }
    }

    async fn api_key_by_digest(&self, digest: &TokenDigest) -> Result<Option<ApiKey>, StoreError> {
        self.engine.api_key_by_digest(digest).await
    }

    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        self.engine.api_key(id).await
    }

    async fn api_keys(
        &self,
        organization: OrgId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        self.engine.api_keys(organization, after, limit).await
    }

    async fn note_key_usage(&self, used: &[(ApiKeyId, Usage)]) -> Result<(), StoreError> {
        self.engine.note_key_usage(used).await
    }

    async fn consumers(&self, vault: VaultId, environment: &EnvName) -> Result<Vec<Consumer>, StoreError> {
        self.engine.consumers(vault, environment).await
    }

    async fn pod_consumers(
        &self,
        vault: &LocatedVault,
        environment: &EnvName,
        pod_uid: &str,
    ) -> Result<Vec<Consumer>, StoreError> {
        let (organization, vault) = (vault.organization.id, vault.vault.id);
        self.engine
            .pod_consumers(organization, vault, environment, pod_uid)
            .await
    }

    async fn record_by_key(
        &self,
        organization: OrgId,
        collection: Collection,
        key: &str,
    ) -> Result<Option<Arc<FoundRecord>>, StoreError> {
        let open = |record| self.open_record(record);
        self.engine
            .record_by_key(organization, collection, key, open)
            .await
    }

    async fn record_by_digest(
        &self,
        collection: Collection,
        digest: &TokenDigest,
    ) -> Result<Option<Arc<FoundRecord>>, StoreError> {
        let open = |record| self.open_record(record);
        self.engine.record_by_digest(collection, digest, open).await
    }

    async fn records(&self, query: &RecordQuery<'_>) -> Result<Vec<Record>, StoreError> {
        self.open_records(self.engine.records(query).await?)
    }

    async fn count_records(&self, query: &RecordQuery<'_>) -> Result<u64, StoreError> {
        self.engine.count_records(query).await
    }

    async fn due_records(
        &self,
        collection: Collection,
        now: Timestamp,
        except: &[String],
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let due = self.engine.due_records(collection, now, except, limit);
        self.open_records(due.await?)
    }

    async fn sweep_records(&self, now: Timestamp, limit: u32) -> Result<(), StoreError> {
        self.engine.sweep_records(now, limit).await
    }

    async fn audit(
        &self,
        organization: OrgId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.engine.audit(organization, after, limit).await
    }

    async fn audit_before(
        &self,
        organization: OrgId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.engine.audit_before(organization, before, limit).await
    }

    async fn changes(&self, after: u64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.engine.changes(after, limit).await
    }

    async fn oldest_change(&self) -> Result<u64, StoreError> {
        self.engine.oldest_change().await
    }

    async fn trim_changes(&self, before: Timestamp, limit: u32) -> Result<(), StoreError> {
        self.engine.trim_changes(before, limit).await
    }

    fn watch(&self) -> BoxStream<'static, u64> {
        self.engine.watch()
    }

    fn latest_change(&self) -> u64 {
        self.engine.latest_change()
    }

    fn rights_epoch(&self) -> u64 {
        self.engine.rights_epoch()
    }

    fn digest(&self, token: &ApiToken) -> TokenDigest {
        let tag = hmac::sign(&self.pepper, token.secret().reveal());
        let mut digest = [0; 32];
        digest.copy_from_slice(tag.as_ref());
        TokenDigest(digest)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let (sealed, new) = self.seal(commit).await?;
        let dropped: Vec<VaultId> = sealed.writes.iter().filter_map(dropped).collect();
        self.engine.commit(sealed).await?;
        for (vault, seeds) in new {
            self.keyring.put(vault, Arc::clone(&seeds));
        }
        for vault in dropped {
            self.keyring.forget(vault);
        }
        Ok(())
    }

    async fn record(&self, organization: OrgId, event: AuditEvent) -> Result<(), StoreError> {
        self.engine
            .record(organization, event.canonical(), self.audit_durability)
            .await
    }
}

fn dropped(write: &SealedWrite) -> Option<VaultId> {
    if let SealedWrite::DropVault(vault) = write {
        Some(*vault)
    } else {
        None
    }
}

impl<E: Engine> SealedStore<E> {
    async fn open_value(
        &self,
        owner: (OrgId, VaultId),
        found: &SealedVersion,
    ) -> Result<SecretValue, StoreError> {
        let of = (found.secret.id, found.meta.version);
        let broken = |why: &dyn std::fmt::Display| cannot_open(of, why);
        let sealed = found
            .sealed
            .as_deref()
            .ok_or_else(|| broken(&"its ciphertext is gone"))?;
        let generation = envelope::generation(sealed).map_err(|error| broken(&error))?;
        let aad = Aad::secret_value(owner, &found.secret.environment, of, generation);
        let opener = if let Some(opener) = found.opener.get() {
            opener
        } else {
            let opener = self.opener(of, owner.1, &aad, sealed).await?;
            found.opener.get_or_init(|| opener)
        };
        opener.open(aad, sealed).map_err(|error| broken(&error))
    }

    /// What was sealed for this environment and version.
    pub(super) async fn open_sealed(
        &self,
        owner: (OrgId, VaultId),
        environment: &EnvName,
        of: (SecretId, Version),
        sealed: &[u8],
    ) -> Result<SecretValue, StoreError> {
        let generation = envelope::generation(sealed).map_err(|error| cannot_open(of, &error))?;
        let aad = Aad::secret_value(owner, environment, of, generation);
        let opener = self.opener(of, owner.1, &aad, sealed).await?;
        opener.open(aad, sealed).map_err(|error| cannot_open(of, &error))
    }

    async fn opener(
        &self,
        of: (SecretId, Version),
        vault: VaultId,
        aad: &Aad,
        sealed: &[u8],
    ) -> Result<Opener, StoreError> {
        let generation = envelope::generation(sealed).map_err(|error| cannot_open(of, &error))?;
        let seeds = self.seeds(vault).await?;
        let seed = seeds.as_ref().and_then(|seeds| seeds.of(generation));
        let missing = || {
            cannot_open(
                of,
                &format_args!("its vault has no key of generation {generation}"),
            )
        };
        envelope::opener(seed.ok_or_else(missing)?, aad, sealed).map_err(|error| cannot_open(of, &error))
    }
}

fn cannot_open((secret, version): (SecretId, Version), why: &dyn std::fmt::Display) -> StoreError {
    StoreError::Broken(format!(
        "version {version} of secret {secret} cannot be opened: {why}"
    ))
}
