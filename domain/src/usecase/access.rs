//! Where every access is decided: locate, decide, and record a refusal. What is hidden and what does not
//! exist are answered alike.

use super::{Caller, Coffer, nearest};
use crate::{
    Error,
    address::Place,
    audit::{AuditEvent, Outcome},
    id::OrgId,
    name::{EnvName, OrgName, SecretName, VaultName},
    principal::{Principal, Workload},
    rights::{Decision, Permission, Target, decide, shown},
    store::LocatedVault,
};

/// Asking for a vault itself.
pub(crate) const VIEW: &str = "vault.read";

/// A permission asked for under the name of an action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    /// What must be allowed.
    pub permission: Permission,
    /// What the audit log calls it, such as `secret.read`.
    pub action: &'static str,
}

impl Coffer {
    /// May `caller` do this to `name` in `place` (or to the environment as a whole)? If so, its vault.
    pub(crate) async fn authorise(
        &self,
        caller: &Caller,
        ask: Ask,
        place: &Place,
        name: Option<&SecretName>,
    ) -> Result<LocatedVault, Error> {
        let located = self.store.vault(&place.organization, &place.vault).await?;
        let Some(located) = located else {
            return Err(self
                .missing_vault(caller, &place.organization, &place.vault)
                .await?);
        };
        let target = Target {
            organization: located.organization.id,
            vault: Some(place.vault.as_str()),
            environment: Some(place.environment.as_str()),
            name: name.map(SecretName::as_str),
        };
        let described = || {
            name.map_or_else(
                || place.to_string(),
                |name| place.secret(name.clone()).to_string(),
            )
        };
        self.judge(caller, ask, &target, Some(&located), described)
            .await?;
        known_environment(&located, &place.environment)?;
        Ok(located)
    }

    /// May `caller` do this to the vault itself?
    pub(crate) async fn authorise_vault(
        &self,
        caller: &Caller,
        ask: Ask,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<LocatedVault, Error> {
        let Some(located) = self.store.vault(organization, vault).await? else {
            return Err(self.missing_vault(caller, organization, vault).await?);
        };
        let id = located.organization.id;
        let target = Target {
            organization: id,
            vault: Some(vault.as_str()),
            environment: None,
            name: None,
        };
        self.judge(caller, ask, &target, Some(&located), || {
            format!("coffer://{organization}/{vault}")
        })
        .await?;
        Ok(located)
    }

    /// May `caller` do this to the organization as a whole? If so, its id.
    pub(crate) async fn authorise_organization(
        &self,
        caller: &Caller,
        ask: Ask,
        organization: &OrgName,
    ) -> Result<OrgId, Error> {
        let missing = || not_found("organization", organization.to_string());
        let found = self.store.organization(organization).await?.ok_or_else(missing)?;
        let target = Target {
            organization: found.id,
            vault: None,
            environment: None,
            name: None,
        };
        match decide(&caller.principal, ask.permission, &target, None) {
            Decision::Allow => Ok(found.id),
            Decision::Forbid => Err(self
                .refused(caller, ask, found.id, format!("coffer://{organization}"))
                .await?),
            Decision::Hide => {
                self.refused(caller, ask, found.id, format!("coffer://{organization}"))
                    .await?;
                Err(missing())
            }
        }
    }

    /// May `caller` make a vault of this name? If so, the organization's id.
    pub(crate) async fn authorise_new_vault(
        &self,
        caller: &Caller,
        ask: Ask,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<OrgId, Error> {
        if let Some(found) = self.store.organization(organization).await? {
            let target = Target {
                organization: found.id,
                vault: Some(vault.as_str()),
                environment: None,
                name: None,
            };
            if decide(&caller.principal, ask.permission, &target, None) == Decision::Allow {
                return Ok(found.id);
            }
        }
        self.authorise_organization(caller, ask, organization).await
    }

    async fn judge(
        &self,
        caller: &Caller,
        ask: Ask,
        target: &Target<'_>,
        located: Option<&LocatedVault>,
        described: impl Fn() -> String,
    ) -> Result<(), Error> {
        let vault = located.map(|located| &*located.vault);
        let decision = decide(&caller.principal, ask.permission, target, vault);
        let decision = shown(&caller.principal, ask.action == VIEW, decision);
        if decision == Decision::Allow {
            return Ok(());
        }
        let refused = self
            .refused(caller, ask, target.organization, described())
            .await?;
        match (&caller.principal, located) {
            (Principal::Workload(pod), Some(located)) if may_know(pod, located, decision) => {
                Err(not_admitted(pod, located, described()))
            }
            _ if decision == Decision::Forbid => Err(refused),
            // With the suggestion that a vault which does not exist gets: the two must read alike.
            (_, Some(LocatedVault { organization, vault })) => Err(self
                .missing_vault(caller, &organization.name, &vault.name)
                .await?),
            (_, None) => Err(not_found("vault", target.vault.unwrap_or_default().to_owned())),
        }
    }

    /// Records a refusal and gives the error for it. A key's refusals go to its own tenant's chain: nobody
    /// writes into another's.
    pub(crate) async fn refused(
        &self,
        caller: &Caller,
        ask: Ask,
        organization: OrgId,
        target: String,
    ) -> Result<Error, Error> {
        let chain = match &caller.principal {
            Principal::ApiKey(key) => key.organization,
            Principal::User(user) => user.home,
            Principal::External(subject) => subject.home,
            Principal::Workload(_) | Principal::Controller => organization,
        };
        let event = self.event(caller, ask.action, target.clone(), Outcome::Denied);
        self.store.record(chain, event).await?;
        Ok(Error::Forbidden {
            permission: ask.permission,
            target,
        })
    }

    /// An event of now.
    pub(crate) fn event(
        &self,
        caller: &Caller,
        action: &str,
        target: String,
        outcome: Outcome,
    ) -> AuditEvent {
        AuditEvent::new(
            self.clock.now(),
            &caller.principal,
            &caller.origin,
            action,
            target,
            outcome,
        )
    }

    /// "Not found", with the nearest vault that the caller may list.
    async fn missing_vault(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Error, Error> {
        let Some(found) = self.store.organization(organization).await? else {
            return Ok(not_found("vault", vault.to_string()));
        };
        let all = self.store.vaults(found.id, None, super::MAX_PAGE).await?;
        let visible = all.iter().filter(|known| {
            let target = Target {
                organization: found.id,
                vault: Some(known.name.as_str()),
                environment: None,
                name: None,
            };
            decide(&caller.principal, Permission::List, &target, Some(known)) == Decision::Allow
        });
        let nearest = nearest(vault.as_str(), visible.map(|known| known.name.as_str()));
        Ok(Error::NotFound {
            what: "vault",
            name: vault.to_string(),
            nearest,
        })
    }
}

/// Who may run pods in a namespace may know of its vaults: they are that namespace's objects.
fn may_know(pod: &Workload, located: &LocatedVault, decision: Decision) -> bool {
    decision == Decision::Forbid || pod.namespace == located.organization.name.as_str()
}

fn not_admitted(pod: &Workload, located: &LocatedVault, target: String) -> Error {
    Error::NotAdmitted {
        service_account: pod.service_account.clone(),
        namespace: pod.namespace.clone(),
        target,
        vault: located.vault.name.to_string(),
    }
}

/// A "not found" without a suggestion.
pub(crate) fn not_found(what: &'static str, name: String) -> Error {
    Error::NotFound {
        what,
        name,
        nearest: None,
    }
}

fn known_environment(located: &LocatedVault, environment: &EnvName) -> Result<(), Error> {
    let known = &located.vault.environments;
    if known.contains(environment) {
        return Ok(());
    }
    let nearest = nearest(environment.as_str(), known.iter().map(EnvName::as_str));
    Err(Error::NotFound {
        what: "environment",
        name: environment.to_string(),
        nearest,
    })
}
