//! What a caller may do in a vault, or to a path of it: for clients that ask before they act.

use std::collections::BTreeSet;

use crate::{
    Error,
    audit::Outcome,
    entity::Vault,
    name::{EnvName, OrgName, SecretName, VaultName},
    rights::{Decision, Permission, Target, decide},
    usecase::{
        Caller, Coffer,
        access::{Ask, VIEW},
    },
};

/// What a caller may do, and where.
#[derive(Debug)]
pub struct Abilities {
    /// The vault.
    pub vault: Vault,
    /// What is allowed in its environment `default`.
    pub allowed: BTreeSet<Permission>,
}

impl Coffer {
    /// What the caller may do to `name` in a vault's environment `default`, or anywhere in that; `None`: nothing, or
    /// there is no such vault.
    pub async fn abilities(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
        name: Option<&SecretName>,
    ) -> Result<Option<Abilities>, Error> {
        let Some(located) = self.store.vault(organization, vault).await? else {
            return Ok(None);
        };
        let environment = EnvName::default_environment();
        let target = Target {
            organization: located.organization.id,
            vault: Some(vault.as_str()),
            environment: Some(environment.as_str()),
            name: name.map(SecretName::as_str),
        };
        let may = |permission: &Permission| {
            decide(&caller.principal, *permission, &target, Some(&located.vault)) == Decision::Allow
        };
        let allowed: BTreeSet<Permission> = Permission::ALL.into_iter().filter(may).collect();
        let described = format!("coffer://{organization}/{vault}");
        let ask = Ask {
            permission: Permission::List,
            action: VIEW,
        };
        if allowed.is_empty() {
            self.refused(caller, ask, target.organization, described).await?;
            return Ok(None);
        }
        let event = self.event(caller, VIEW, described, Outcome::Allowed);
        self.store.record(target.organization, event).await?;
        Ok(Some(Abilities {
            vault: (*located.vault).clone(),
            allowed,
        }))
    }
}
