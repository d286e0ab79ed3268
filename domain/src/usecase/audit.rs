//! Reading, searching and verifying the audit log.

use super::{
    Caller, Coffer, MAX_PAGE,
    access::{Ask, not_found},
};
use crate::{
    Error,
    audit::{AuditEvent, AuditFilter, AuditRecord, Break, ChainHash, Outcome, Verifier},
    id::OrgId,
    name::OrgName,
    rights::Permission,
};

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many records hold.
    pub records: u64,
    /// The hash over all of them: keep it elsewhere to notice a truncation later.
    pub head: ChainHash,
    /// The first record that does not hold, if any.
    pub broken: Option<Break>,
}

impl Coffer {
    /// The records above `after`, oldest first.
    pub async fn read_audit(
        &self,
        caller: &Caller,
        organization: &OrgName,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, Error> {
        let ask = Ask {
            permission: Permission::ReadAudit,
            action: "audit.read",
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let event = self.event(
            caller,
            ask.action,
            format!("coffer://{organization}"),
            Outcome::Allowed,
        );
        self.store.record(tenant, event).await?;
        Ok(self.store.audit(tenant, after, limit.min(MAX_PAGE)).await?)
    }

    /// Follows the whole chain of an organization.
    pub async fn verify_audit(&self, caller: &Caller, organization: &OrgName) -> Result<Verified, Error> {
        let ask = Ask {
            permission: Permission::ReadAudit,
            action: "audit.verify",
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let event = self.event(
            caller,
            ask.action,
            format!("coffer://{organization}"),
            Outcome::Allowed,
        );
        self.store.record(tenant, event).await?;
        let mut verifier = Verifier::new(tenant);
        loop {
            let page = self.store.audit(tenant, verifier.head().0, MAX_PAGE).await?;
            let broken = page.iter().find_map(|record| verifier.take(record).err());
            let (records, head) = verifier.head();
            if broken.is_some() || page.is_empty() {
                return Ok(Verified {
                    records,
                    head,
                    broken,
                });
            }
        }
    }
}

/// The most records that one search looks at; it goes on where it stopped.
const MOST_LOOKED_AT: usize = 50_000;

/// A stretch of what a search finds, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditPage {
    /// Only records below this number.
    pub before: Option<u64>,
    /// How many of those found to leave out first.
    pub skip: u64,
    /// How many at most; up to [`MAX_PAGE`].
    pub limit: u32,
    /// Whether to say how many there are in all.
    pub count: bool,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFound {
    /// The events with their numbers, newest first.
    pub events: Vec<(u64, AuditEvent)>,
    /// How many were met, those left out and, if they were to be counted, those that follow with them.
    pub met: u64,
    /// Search again below this number; `None`: there is no more.
    pub next: Option<u64>,
}

impl Coffer {
    /// The events of an organization that meet `filter`, newest first. Takes the right to read the audit log, but for
    /// what the caller did themselves. Looks at so many records at most, and says where to go on.
    pub async fn search_audit(
        &self,
        caller: &Caller,
        organization: &OrgName,
        filter: &AuditFilter,
        page: AuditPage,
    ) -> Result<AuditFound, Error> {
        let ask = Ask {
            permission: Permission::ReadAudit,
            action: "audit.search",
        };
        let missing = || not_found("organization", organization.to_string());
        let own = filter.principal.as_ref() == Some(&caller.principal.describe());
        let found = self.store.organization(organization).await?.ok_or_else(missing)?;
        // Whoever has no part in an organization did nothing there that its own chain would know of.
        let tenant = if own && caller.principal.has_part_in(found.id) {
            found.id
        } else {
            let tenant = self.authorise_organization(caller, ask, organization).await?;
            let target = format!("coffer://{organization}");
            let event = self.event(caller, ask.action, target, Outcome::Allowed);
            self.store.record(tenant, event).await?;
            tenant
        };
        self.find_events(tenant, filter, page).await
    }

    async fn find_events(
        &self,
        tenant: OrgId,
        filter: &AuditFilter,
        page: AuditPage,
    ) -> Result<AuditFound, Error> {
        let limit = page.limit.clamp(1, MAX_PAGE) as usize;
        let mut found = AuditFound {
            events: Vec::new(),
            met: 0,
            next: page.before,
        };
        let mut looked_at = 0;
        while looked_at < MOST_LOOKED_AT {
            let records = self.store.audit_before(tenant, found.next, MAX_PAGE).await?;
            looked_at += records.len();
            let last = records.len() < MAX_PAGE as usize;
            for record in records {
                found.next = Some(record.sequence);
                // A record that does not parse is for verification to find.
                let Some(event) = record.parse().ok().filter(|event| filter.meets(event)) else {
                    continue;
                };
                found.met += 1;
                if found.met > page.skip && found.events.len() < limit {
                    found.events.push((record.sequence, event));
                }
                if found.events.len() == limit && !page.count {
                    return Ok(found);
                }
            }
            if last {
                found.next = None;
                return Ok(found);
            }
        }
        Ok(found)
    }
}
