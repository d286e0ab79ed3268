//! Rights and records for secrets that are kept elsewhere: who may reach them is decided here as for our own.

use super::{
    Caller, Coffer,
    access::{Ask, not_found},
};
use crate::{
    Error,
    audit::Outcome,
    name::{EnvName, OrgName},
    rights::{Decision, Permission, Target, decide},
};

/// One request about a secret that is kept elsewhere.
#[derive(Debug)]
pub struct ForeignAccess<'a> {
    /// The tenant.
    pub organization: &'a OrgName,
    /// The mount, which grants name as a vault.
    pub vault: &'a str,
    /// The secret's path in it; `None`: the mount as a whole.
    pub name: Option<&'a str>,
    /// What the audit log calls it.
    pub target: String,
    /// What must be allowed.
    pub permission: Permission,
    /// What the audit log calls that.
    pub action: &'static str,
}

impl Coffer {
    /// Decides whether the caller may do this, and records it either way.
    pub async fn permit_foreign(&self, caller: &Caller, access: ForeignAccess<'_>) -> Result<(), Error> {
        let missing = || not_found("organization", access.organization.to_string());
        let found = self
            .store
            .organization(access.organization)
            .await?
            .ok_or_else(missing)?;
        let environment = EnvName::default_environment();
        let target = Target {
            organization: found.id,
            vault: Some(access.vault),
            environment: Some(environment.as_str()),
            name: access.name,
        };
        let ask = Ask {
            permission: access.permission,
            action: access.action,
        };
        if decide(&caller.principal, access.permission, &target, None) != Decision::Allow {
            return Err(self.refused(caller, ask, found.id, access.target).await?);
        }
        let event = self.event(caller, access.action, access.target, Outcome::Allowed);
        Ok(self.store.record(found.id, event).await?)
    }
}
