//! Reading and verifying the audit log.

use super::{Caller, Coffer, MAX_PAGE, access::Ask};
use crate::{
    Error,
    audit::{AuditRecord, Break, ChainHash, Outcome, Verifier},
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
