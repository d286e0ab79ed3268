//! The rows of the store in memory, and what a commit does to them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    address::Version,
    audit::{AuditEvent, AuditRecord, genesis, link},
    change::{Change, ChangeDraft},
    entity::{ApiKey, Consumer, Organization, Secret, Vault, VersionMeta, VersionState},
    id::{ApiKeyId, OrgId, SecretId, VaultId},
    name::{EnvName, SecretName, VaultName},
    record::{Collection, Record, RecordQuery},
    secret_value::SecretValue,
    store::{Commit, Precondition, Write},
};

#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) organizations: BTreeMap<OrgId, Organization>,
    pub(super) vaults: BTreeMap<VaultId, Vault>,
    pub(super) secrets: BTreeMap<SecretId, Secret>,
    pub(super) versions: BTreeMap<(SecretId, Version), (VersionMeta, Option<SecretValue>)>,
    pub(super) keys: BTreeMap<ApiKeyId, ApiKey>,
    pub(super) consumers: BTreeMap<(SecretId, String), Consumer>,
    pub(super) records: BTreeMap<(OrgId, Collection, String), Record>,
    pub(super) audit: BTreeMap<OrgId, Vec<AuditRecord>>,
    pub(super) changes: Vec<Change>,
}

impl Rows {
    pub(super) fn vault_named(&self, organization: OrgId, name: &VaultName) -> Option<&Vault> {
        self.vaults
            .values()
            .find(|vault| vault.organization == organization && vault.name == *name)
    }

    pub(super) fn secret_named(
        &self,
        vault: VaultId,
        environment: &EnvName,
        name: &SecretName,
    ) -> Option<&Secret> {
        let same = |secret: &&Secret| {
            secret.vault == vault
                && secret.environment == *environment
                && secret.name == *name
                && secret.trashed.is_none()
        };
        self.secrets.values().find(same)
    }

    /// What a deleted version of a secret keeps.
    pub(super) fn deleted(
        &self,
        (vault, environment, name): (VaultId, &EnvName, &SecretName),
        version: Version,
    ) -> Option<SecretValue> {
        let secret = self.secret_named(vault, environment, name)?;
        let (meta, value) = self.versions.get(&(secret.id, version))?;
        value.clone().filter(|_| meta.state == VersionState::Deleted)
    }

    /// Records before one, newest first.
    pub(super) fn audit_before(&self, tenant: OrgId, before: Option<u64>, limit: u32) -> Vec<AuditRecord> {
        let chain = self.audit.get(&tenant).into_iter().flatten().rev();
        let earlier = chain.filter(|record| before.is_none_or(|before| record.sequence < before));
        earlier.take(limit as usize).cloned().collect()
    }

    /// Whether all preconditions of a commit hold, and the records that it drops are there.
    pub(super) fn takes(&self, commit: &Commit) -> bool {
        let dropped = |write: &Write| match write {
            Write::DropRecord(organization, collection, key) => {
                let key = (*organization, *collection, key.clone());
                self.records.contains_key(&key)
            }
            _ => true,
        };
        commit.preconditions.iter().all(|it| self.holds(it)) && commit.writes.iter().all(dropped)
    }

    fn holds(&self, precondition: &Precondition) -> bool {
        match precondition {
            Precondition::OrganizationAbsent(name) => {
                self.organizations.values().all(|known| known.name != *name)
            }
            Precondition::Vault(organization, name, revision) => {
                self.vault_named(*organization, name).map(|vault| vault.revision) == *revision
            }
            Precondition::Secret(vault, environment, name, revision) => {
                self.secret_named(*vault, environment, name)
                    .map(|secret| secret.revision)
                    == *revision
            }
            Precondition::SecretById(id, revision) => {
                self.secrets.get(id).map(|secret| secret.revision) == *revision
            }
            Precondition::Environment(vault, environment) => self
                .vaults
                .get(vault)
                .is_some_and(|vault| vault.environments.contains(environment)),
            Precondition::Population(vault, environment, count) => {
                let here = |secret: &&Secret| secret.vault == *vault && secret.environment == *environment;
                self.secrets.values().filter(here).count() as u64 == *count
            }
            Precondition::ApiKey(id, revision) => {
                self.keys.get(id).map(|key| key.revision) == Some(*revision)
            }
            Precondition::Record(organization, collection, key, revision) => {
                let found = self.records.get(&(*organization, *collection, key.clone()));
                found.map(|record| record.head.revision) == *revision
            }
        }
    }

    pub(super) fn write(&mut self, write: Write) {
        match write {
            Write::Organization(organization) | Write::AmendOrganization(organization) => {
                self.organizations.insert(organization.id, organization);
            }
            Write::Vault(vault) => {
                self.vaults.insert(vault.id, vault);
            }
            Write::DropVault(vault) => self.drop_vault(vault),
            Write::Secret(secret) => {
                self.secrets.insert(secret.id, secret);
            }
            Write::Version {
                secret, meta, value, ..
            } => {
                self.versions.insert((secret, meta.version), (meta, Some(value)));
            }
            // Nothing is sealed here.
            Write::Reseal { .. } => {}
            Write::DropSecret(id) => self.drop_secrets(|secret| secret.id == id),
            Write::DropSecretsOf(vault, environment) => {
                self.drop_secrets(|secret| secret.vault == vault && secret.environment == environment);
            }
            Write::VersionState {
                secret,
                version,
                state,
                at,
            } => self.shift(secret, version, state, at),
            Write::ApiKey(mut key) => {
                key.usage = self.keys.get(&key.id).map_or(key.usage, |old| old.usage);
                self.keys.insert(key.id, key);
            }
            Write::Consumer(line) => {
                let key = (line.secret, line.pod_uid.clone());
                let line = self
                    .consumers
                    .remove(&key)
                    .map_or_else(|| line.clone(), |old| old.risen_to(&line));
                self.consumers.insert(key, line);
            }
            Write::ForgetPod(pod) => self.consumers.retain(|(_, uid), _| *uid != pod),
            Write::Record(record) => {
                let head = &record.head;
                self.records
                    .insert((head.organization, head.collection, head.key.clone()), record);
            }
            Write::DropRecord(organization, collection, key) => {
                self.records.remove(&(organization, collection, key));
            }
        }
    }

    pub(super) fn drop_vault(&mut self, vault: VaultId) {
        if let Some(dropped) = self.vaults.remove(&vault) {
            let id = vault.to_string();
            self.records.retain(|(tenant, _, key), record| {
                *tenant != dropped.organization || (*key != id && record.head.group != id)
            });
        }
        self.drop_secrets(|secret| secret.vault == vault);
    }

    fn drop_secrets(&mut self, which: impl Fn(&Secret) -> bool) {
        self.secrets.retain(|_, secret| !which(secret));
        let secrets = &self.secrets;
        self.versions
            .retain(|(secret, _), _| secrets.contains_key(secret));
        self.consumers
            .retain(|(secret, _), _| secrets.contains_key(secret));
    }

    pub(super) fn shift(&mut self, secret: SecretId, version: Version, state: VersionState, at: Timestamp) {
        if let Some((meta, value)) = self.versions.get_mut(&(secret, version)) {
            meta.state = state;
            meta.ended_at = (state != VersionState::Live).then_some(at);
            if state == VersionState::Destroyed {
                *value = None;
            }
        }
    }

    /// Latest first.
    pub(super) fn trash(&self, vault: VaultId) -> Vec<Secret> {
        let here = |secret: &&Secret| secret.vault == vault && secret.trashed.is_some();
        let mut found: Vec<Secret> = self.secrets.values().filter(here).cloned().collect();
        found.sort_by_key(|secret| (secret.trashed.map(|trashed| trashed.at), secret.id));
        found.reverse();
        found
    }

    /// Longest due first, and none of the groups `except`.
    pub(super) fn due(&self, collection: Collection, now: Timestamp, except: &[String]) -> Vec<Record> {
        let due = |record: &&Record| {
            record.head.collection == collection
                && record.head.due_at.is_some_and(|due| due <= now)
                && !except.contains(&record.head.group)
        };
        let mut found: Vec<Record> = self.records.values().filter(due).cloned().collect();
        found.sort_by_key(|record| record.head.due_at);
        found
    }

    /// The records that match, in the order asked for.
    pub(super) fn matching(&self, query: &RecordQuery<'_>) -> Vec<&Record> {
        let matches = |record: &&Record| {
            let head = &record.head;
            head.organization == query.organization
                && head.collection == query.collection
                && query.group.is_none_or(|group| head.group == group)
                && query.after.is_none_or(|after| {
                    if query.descending {
                        head.key.as_str() < after
                    } else {
                        head.key.as_str() > after
                    }
                })
                && head.lives(query.now)
        };
        let mut found: Vec<&Record> = self.records.values().filter(matches).collect();
        if query.descending {
            found.reverse();
        }
        found
    }

    pub(super) fn append(&mut self, organization: OrgId, event: &AuditEvent) {
        let chain = self.audit.entry(organization).or_default();
        let previous = chain
            .last()
            .map_or_else(|| genesis(organization), |record| record.hash);
        let (sequence, event) = (chain.len() as u64 + 1, event.canonical());
        let hash = link(&previous, sequence, &event);
        chain.push(AuditRecord {
            sequence,
            event,
            hash,
        });
    }

    pub(super) fn changes_after(&self, after: u64, limit: u32) -> Vec<Change> {
        let later = self.changes.iter().filter(|change| change.sequence > after);
        later.take(limit as usize).cloned().collect()
    }

    pub(super) fn trim(&mut self, before: Timestamp, limit: u32) {
        let changes = &mut self.changes;
        let old = changes.iter().take_while(|change| change.at < before).count();
        let old = old.min(limit as usize).min(changes.len().saturating_sub(1));
        changes.drain(..old);
    }

    pub(super) fn announce(&mut self, organization: OrgId, ChangeDraft { subject, at }: ChangeDraft) {
        let sequence = self.changes.last().map_or(0, |change| change.sequence) + 1;
        self.changes.push(Change {
            sequence,
            organization,
            subject,
            at,
        });
    }
}
