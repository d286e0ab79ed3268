//! The audit log as doors with words of their own show it: entry by entry, each with a signature, found by whatever
//! those words ask for.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{
    ATTEMPTS, Caller, Coffer, MAX_PAGE,
    access::{Ask, not_found},
    contended,
    documents::commit,
};
use crate::{
    Error,
    address::Reference,
    audit::{AuditEvent, AuditRecord, Outcome, genesis, link},
    audit_copy::SealKey,
    id::{OrgId, SecretId},
    name::OrgName,
    rights::Permission,
    secret_value::SecretValue,
};

const KEY: &str = "current";

pub use super::audit_tail::{MOST_LOOKED_AT, Wanted};

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the organization's chain.
    pub sequence: u64,
    /// What it says.
    pub event: AuditEvent,
    /// HMAC-SHA-256, under the organization's key, of the chain's hash up to it and its bytes.
    pub signature: [u8; 32],
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries {
    /// The entries, newest first.
    pub entries: Vec<Entry>,
    /// How many there are among the newest [`MOST_LOOKED_AT`] records, whatever was asked for.
    pub total: u64,
    /// Whether there are more than were asked for.
    pub more: bool,
    /// What the things in them are called and which they are.
    pub known: Known,
}

/// What the things that entries speak of are called now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The labels of keys, by principal.
    pub labels: BTreeMap<String, String>,
    /// The ids of secrets, by address.
    pub secrets: BTreeMap<String, SecretId>,
}

impl Coffer {
    /// Entries newest first, below the number `before`.
    pub async fn audit_entries(
        &self,
        caller: &Caller,
        organization: &OrgName,
        wanted: Wanted<'_>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Entries, Error> {
        let tenant = self.may_read_log(caller, organization, "audit.search").await?;
        self.search_entries(tenant, wanted, before, limit).await
    }

    /// The same, of access by approval alone, for who may ask for that.
    pub async fn access_entries(
        &self,
        caller: &Caller,
        organization: &OrgName,
        wanted: Wanted<'_>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Entries, Error> {
        let ask = Ask {
            permission: Permission::RequestAccess,
            action: "approval.search",
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let target = format!("coffer://{organization}");
        let event = self.event(caller, ask.action, target, Outcome::Allowed);
        self.store.record(tenant, event).await?;
        let own = |number: u64, event: &AuditEvent| is_of_access(event) && wanted(number, event);
        self.search_entries(tenant, &own, before, limit).await
    }

    /// One entry, and whether it is what was recorded: it hangs in the chain by its hash.
    pub async fn audit_entry(
        &self,
        caller: &Caller,
        organization: &OrgName,
        sequence: u64,
    ) -> Result<(Entry, bool, Known), Error> {
        let tenant = self.may_read_log(caller, organization, "audit.read").await?;
        let missing = || not_found("log", sequence.to_string());
        let first = sequence.saturating_sub(2);
        let found = self.store.audit(tenant, first, 2).await?;
        let at = found.iter().position(|record| record.sequence == sequence);
        let record = at.and_then(|at| found.get(at)).ok_or_else(missing)?;
        let previous = match at.and_then(|at| at.checked_sub(1)).and_then(|at| found.get(at)) {
            Some(previous) => previous.hash,
            None => genesis(tenant),
        };
        let holds = link(&previous, sequence, &record.event) == record.hash;
        let key = self.seal_key(tenant).await?;
        let entry = entry(&key, record).ok_or_else(missing)?;
        let known = self.known(tenant, std::slice::from_ref(&entry)).await?;
        Ok((entry, holds, known))
    }

    /// The entries after a number, oldest first, and the number of the last record looked at. For the server's own
    /// jobs, whose makers had the right to read them.
    pub async fn entries_after(
        &self,
        organization: OrgId,
        after: u64,
        limit: u32,
    ) -> Result<(Vec<Entry>, u64, Known), Error> {
        let key = self.seal_key(organization).await?;
        let records = self.store.audit(organization, after, limit.min(MAX_PAGE)).await?;
        let last = records.last().map_or(after, |record| record.sequence);
        let entries: Vec<Entry> = records.iter().filter_map(|record| entry(&key, record)).collect();
        let known = self.known(organization, &entries).await?;
        Ok((entries, last, known))
    }

    /// The number of the newest record, for who may read the log; what is asked next starts there.
    pub async fn audit_head(&self, caller: &Caller, organization: &OrgName) -> Result<(OrgId, u64), Error> {
        let tenant = self.may_read_log(caller, organization, "audit.search").await?;
        Ok((tenant, self.newest_entry(tenant).await?))
    }

    /// The number of the newest record. Nobody is told more by it.
    pub async fn newest_entry(&self, organization: OrgId) -> Result<u64, Error> {
        let newest = self.store.audit_before(organization, None, 1).await?;
        Ok(newest.first().map_or(0, |record| record.sequence))
    }

    /// Whether the caller may still read the log: for streams that go on. Where it may, nothing is recorded.
    pub async fn may_still_read_log(&self, caller: &Caller, organization: &OrgName) -> Result<(), Error> {
        let ask = Ask {
            permission: Permission::ReadAudit,
            action: "audit.search",
        };
        self.authorise_organization(caller, ask, organization)
            .await
            .map(drop)
    }

    /// Whether the caller may take a copy of the log away.
    pub async fn may_export_audit(&self, caller: &Caller, organization: &OrgName) -> Result<(), Error> {
        let ask = Ask {
            permission: Permission::ExportAudit,
            action: "audit-export",
        };
        self.authorise_organization(caller, ask, organization)
            .await
            .map(drop)
    }

    async fn may_read_log(
        &self,
        caller: &Caller,
        organization: &OrgName,
        action: &'static str,
    ) -> Result<OrgId, Error> {
        let ask = Ask {
            permission: Permission::ReadAudit,
            action,
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let target = format!("coffer://{organization}");
        let event = self.event(caller, action, target, Outcome::Allowed);
        self.store.record(tenant, event).await?;
        Ok(tenant)
    }

    async fn search_entries(
        &self,
        tenant: OrgId,
        wanted: Wanted<'_>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Entries, Error> {
        let key = self.seal_key(tenant).await?;
        let asked = (before, limit);
        let met = self.tails.search(&*self.store, tenant, wanted, asked).await?;
        let entries = self.entries_of(tenant, &key, &met.numbers).await?;
        Ok(Entries {
            known: self.known(tenant, &entries).await?,
            entries,
            total: met.total,
            more: met.more,
        })
    }

    /// The entries of these numbers, which fall: near ones are read together.
    async fn entries_of(
        &self,
        tenant: OrgId,
        key: &SecretValue,
        mut numbers: &[u64],
    ) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::with_capacity(numbers.len());
        while let Some(newest) = numbers.first().copied() {
            let near = numbers.partition_point(|number| newest - number < u64::from(MAX_PAGE));
            let (page, rest) = numbers.split_at(near);
            let oldest = page.last().copied().unwrap_or(newest);
            let span = u32::try_from(newest - oldest + 1).unwrap_or(MAX_PAGE);
            let records = self.store.audit(tenant, oldest - 1, span).await?;
            let these = records.iter().rev();
            let these = these.filter(|record| page.binary_search_by(|it| record.sequence.cmp(it)).is_ok());
            entries.extend(these.filter_map(|record| entry(key, record)));
            numbers = rest;
        }
        Ok(entries)
    }

    async fn known(&self, tenant: OrgId, entries: &[Entry]) -> Result<Known, Error> {
        let mut known = Known::default();
        if entries.is_empty() {
            return Ok(known);
        }
        for key in self.keys_of(tenant).await? {
            known
                .labels
                .insert(format!("key:{}", key.id), key.name.to_string());
        }
        for entry in entries {
            let target = &entry.event.target;
            let Ok(Reference { address, .. }) = target.parse() else {
                continue;
            };
            if known.secrets.contains_key(target) {
                continue;
            }
            let place = &address.place;
            if let Some(located) = self.store.vault(&place.organization, &place.vault).await?
                && located.organization.id == tenant
                && let Some(secret) = self
                    .store
                    .secret(located.vault.id, &place.environment, &address.name)
                    .await?
            {
                known.secrets.insert(target.clone(), secret.id);
            }
        }
        Ok(known)
    }

    /// The key that an organization's entries are signed with: made once, kept sealed, the same on every replica.
    async fn seal_key(&self, tenant: OrgId) -> Result<SecretValue, Error> {
        for _ in 0..ATTEMPTS {
            if let Some(found) = self.kept::<SealKey>(tenant, KEY).await? {
                return Ok(found.body.key);
            }
            let mut bytes = vec![0; 32];
            self.entropy.fill(&mut bytes);
            let fresh = SealKey {
                key: SecretValue::new(bytes),
            };
            let draft = self.draft(tenant, KEY, None, fresh, None)?;
            let event = self.document_event::<SealKey>(&Caller::controller(), "create", KEY);
            // Another replica's is as good: it is read next.
            self.try_commit(commit(event, tenant, draft.precondition, draft.write))
                .await?;
        }
        Err(contended("the key of the audit log"))
    }
}

fn is_of_access(event: &AuditEvent) -> bool {
    ["approval.", "agent-resource."]
        .iter()
        .any(|kind| event.action.starts_with(kind))
}

/// A record that does not parse is for verification to find.
fn entry(key: &SecretValue, record: &AuditRecord) -> Option<Entry> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal()).ok()?;
    mac.update(&record.hash);
    mac.update(&record.event);
    Some(Entry {
        sequence: record.sequence,
        event: record.parse().ok()?,
        signature: mac.finalize().into_bytes().into(),
    })
}
