//! Vaults: create, apply (for the custom resource), read, list, drop.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ATTEMPTS, Caller, Coffer, MAX_PAGE,
    access::{Ask, VIEW},
    contended,
};
use crate::{
    Error,
    audit::Outcome,
    change::{ChangeDraft, Subject},
    entity::{Owner, Vault},
    id::{OrgId, VaultId},
    name::{EnvName, OrgName, VaultName},
    rights::{Access, Decision, Permission, Target, decide},
    store::{Commit, Precondition, Write},
};

/// The most environments a vault can have.
pub const MAX_ENVIRONMENTS: usize = 64;

/// What a vault should be.
#[derive(Debug, Clone)]
pub struct VaultSettings {
    /// Its environments; none is the one `default`.
    pub environments: Vec<EnvName>,
    /// Which workloads it lets in.
    pub access: Vec<Access>,
    /// The object that manages it.
    pub owner: Option<Owner>,
}

const MANAGE: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "vault.write",
};

impl Coffer {
    /// A new vault.
    pub async fn create_vault(
        &self,
        caller: &Caller,
        organization: &OrgName,
        name: &VaultName,
        settings: VaultSettings,
    ) -> Result<Vault, Error> {
        let ask = Ask {
            action: "vault.create",
            ..MANAGE
        };
        let tenant = self.authorise_new_vault(caller, ask, organization, name).await?;
        if self.store.vault(organization, name).await?.is_some() {
            return Err(exists(name));
        }
        let vault = self.new_vault(tenant, name, settings)?;
        let commit = self.vault_commit(caller, ask.action, organization, &vault, None);
        if self.try_commit(commit).await? {
            Ok(vault)
        } else {
            Err(exists(name))
        }
    }

    /// Makes the vault what the custom resource says: creates, changes, or leaves it as it is.
    pub async fn apply_vault(
        &self,
        caller: &Caller,
        organization: &OrgName,
        name: &VaultName,
        settings: VaultSettings,
    ) -> Result<Vault, Error> {
        let tenant = self.authorise_organization(caller, MANAGE, organization).await?;
        for _ in 0..ATTEMPTS {
            let present = self
                .store
                .vault(organization, name)
                .await?
                .map(|located| (*located.vault).clone());
            let wanted = match &present {
                None => self.new_vault(tenant, name, settings.clone())?,
                Some(vault) => changed(vault, settings.clone())?,
            };
            if present.as_ref() == Some(&wanted) {
                return Ok(wanted);
            }
            let revision = present.map(|vault| vault.revision);
            if self
                .try_commit(self.vault_commit(caller, MANAGE.action, organization, &wanted, revision))
                .await?
            {
                return Ok(wanted);
            }
        }
        Err(contended(format_args!("vault {name}")))
    }

    /// One vault.
    pub async fn get_vault(
        &self,
        caller: &Caller,
        organization: &OrgName,
        name: &VaultName,
    ) -> Result<Vault, Error> {
        let ask = Ask {
            permission: Permission::List,
            action: VIEW,
        };
        let located = self.authorise_vault(caller, ask, organization, name).await?;
        Ok((*located.vault).clone())
    }

    /// The vaults that the caller may see, by name, after `after`.
    pub async fn list_vaults(
        &self,
        caller: &Caller,
        organization: &OrgName,
        after: Option<&VaultName>,
        limit: u32,
    ) -> Result<Vec<Vault>, Error> {
        let Some(found) = self.store.organization(organization).await? else {
            return Err(super::access::not_found("organization", organization.to_string()));
        };
        let vaults = self.visible_vaults(caller, found.id, after, limit).await?;
        let sees_none = vaults.is_empty()
            && (after.is_none() || self.visible_vaults(caller, found.id, None, 1).await?.is_empty());
        if sees_none {
            // Tell a stranger no more than that there is nothing.
            let ask = Ask {
                permission: Permission::List,
                action: "vault.list",
            };
            self.authorise_organization(caller, ask, organization).await?;
        }
        let event = self.event(
            caller,
            "vault.list",
            format!("coffer://{organization}"),
            Outcome::Allowed,
        );
        self.store.record(found.id, event).await?;
        Ok(vaults)
    }

    /// As many as `limit` of the vaults that the caller may see, however many hidden ones lie between them.
    async fn visible_vaults(
        &self,
        caller: &Caller,
        organization: OrgId,
        after: Option<&VaultName>,
        limit: u32,
    ) -> Result<Vec<Vault>, Error> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut after = after.cloned();
        let mut visible = Vec::new();
        loop {
            let page = self.store.vaults(organization, after.as_ref(), limit).await?;
            after = page.last().map(|vault| vault.name.clone());
            let complete = page.len() < limit as usize;
            visible.extend(
                page.into_iter()
                    .filter(|vault| may_list(caller, organization, vault)),
            );
            if complete || visible.len() >= limit as usize {
                visible.truncate(limit as usize);
                return Ok(visible);
            }
        }
    }

    /// Opens a vault to every grant that reaches it, or only to those that name it and to whoever manages vaults.
    pub async fn restrict_vault(
        &self,
        caller: &Caller,
        organization: &OrgName,
        name: &VaultName,
        restricted: bool,
    ) -> Result<Vault, Error> {
        let ask = Ask {
            action: "vault.restrict",
            ..MANAGE
        };
        self.change_vault(caller, ask, organization, name, |vault| {
            vault.restricted = restricted;
            Ok(())
        })
        .await
    }

    /// Gives a vault another name. Keys that are for this vault follow; other grants by name do not.
    pub async fn rename_vault(
        &self,
        caller: &Caller,
        organization: &OrgName,
        name: &VaultName,
        to: &VaultName,
    ) -> Result<Vault, Error> {
        let ask = Ask {
            action: "vault.rename",
            ..MANAGE
        };
        self.authorise_new_vault(caller, ask, organization, to).await?;
        if name != to && self.store.vault(organization, to).await?.is_some() {
            return Err(exists(to));
        }
        let renamed = self
            .change_vault(caller, ask, organization, name, |vault| {
                vault.name = to.clone();
                Ok(())
            })
            .await?;
        self.follow_vault(caller, &renamed, name).await?;
        Ok(renamed)
    }

    /// Makes of a vault that no object manages what `change` makes of it.
    pub(super) async fn change_vault(
        &self,
        caller: &Caller,
        ask: Ask,
        organization: &OrgName,
        name: &VaultName,
        change: impl Fn(&mut Vault) -> Result<(), Error> + Send + Sync,
    ) -> Result<Vault, Error> {
        for _ in 0..ATTEMPTS {
            let located = self.authorise_vault(caller, ask, organization, name).await?;
            check_owner(&located.vault, None)?;
            let mut changed = (*located.vault).clone();
            change(&mut changed)?;
            if changed == *located.vault {
                return Ok(changed);
            }
            changed.revision += 1;
            let revision = Some(located.vault.revision);
            let mut commit = self.vault_commit(caller, ask.action, organization, &changed, revision);
            if changed.name != *name {
                let target = format!("coffer://{organization}/{name}");
                commit.audit.versions.push(format!("to {}", changed.name));
                commit.audit.target = target;
                commit.preconditions = vec![
                    Precondition::Vault(changed.organization, name.clone(), revision),
                    Precondition::Vault(changed.organization, changed.name.clone(), None),
                ];
            }
            if self.try_commit(commit).await? {
                return Ok(changed);
            }
        }
        Err(contended(format_args!("vault {name}")))
    }

    /// Drops a vault with everything in it; its data key is destroyed. `owner`: refuse if another manages it.
    pub async fn drop_vault(
        &self,
        caller: &Caller,
        organization: &OrgName,
        name: &VaultName,
        owner: Option<&Owner>,
    ) -> Result<(), Error> {
        let ask = Ask {
            action: "vault.drop",
            ..MANAGE
        };
        for _ in 0..ATTEMPTS {
            let located = self.authorise_vault(caller, ask, organization, name).await?;
            check_owner(&located.vault, owner)?;
            let mut commit = self.vault_commit(
                caller,
                ask.action,
                organization,
                &located.vault,
                Some(located.vault.revision),
            );
            commit.writes = vec![Write::DropVault(located.vault.id)];
            if self.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended(format_args!("vault {name}")))
    }

    pub(super) fn new_vault(
        &self,
        organization: OrgId,
        name: &VaultName,
        settings: VaultSettings,
    ) -> Result<Vault, Error> {
        let empty = Vault {
            id: VaultId::fresh(&*self.clock, &*self.entropy),
            organization,
            name: name.clone(),
            environments: Vec::new(),
            environment_types: BTreeMap::new(),
            access: Vec::new(),
            restricted: false,
            owner: None,
            created_at: self.clock.now(),
            revision: 0,
        };
        changed(&empty, settings)
    }

    pub(super) fn vault_commit(
        &self,
        caller: &Caller,
        action: &str,
        organization: &OrgName,
        vault: &Vault,
        revision: Option<u64>,
    ) -> Commit {
        let target = format!("coffer://{organization}/{}", vault.name);
        Commit {
            organization: vault.organization,
            preconditions: vec![Precondition::Vault(
                vault.organization,
                vault.name.clone(),
                revision,
            )],
            writes: vec![Write::Vault(vault.clone())],
            audit: self.event(caller, action, target, Outcome::Allowed),
            changes: vec![ChangeDraft {
                subject: Subject::Vault { vault: vault.id },
                at: self.clock.now(),
            }],
        }
    }
}

fn may_list(caller: &Caller, organization: OrgId, vault: &Vault) -> bool {
    let target = Target {
        organization,
        vault: Some(vault.name.as_str()),
        environment: None,
        name: None,
    };
    decide(&caller.principal, Permission::List, &target, Some(vault)) == Decision::Allow
}

pub(super) fn exists(name: &VaultName) -> Error {
    Error::AlreadyExists {
        what: "vault",
        name: name.to_string(),
    }
}

/// Another object, or an API, must not take what an object manages.
pub(super) fn check_owner(vault: &Vault, owner: Option<&Owner>) -> Result<(), Error> {
    match &vault.owner {
        Some(present) if Some(present) != owner => Err(Error::Managed {
            what: format!("vault {}", vault.name),
            owner: present.clone(),
        }),
        _ => Ok(()),
    }
}

/// The environments wanted, once each: first those there are, in their order, then the new ones as they come.
fn ordered(present: &[EnvName], wanted: Vec<EnvName>) -> Vec<EnvName> {
    let wanted = if wanted.is_empty() {
        vec![EnvName::default_environment()]
    } else {
        wanted
    };
    let kept = present.iter().filter(|environment| wanted.contains(environment));
    let mut seen = BTreeSet::new();
    kept.chain(&wanted)
        .filter(|environment| seen.insert((*environment).clone()))
        .cloned()
        .collect()
}

/// `vault` with `settings`; the same revision if that changes nothing.
fn changed(vault: &Vault, settings: VaultSettings) -> Result<Vault, Error> {
    check_owner(vault, settings.owner.as_ref())?;
    let environments = ordered(&vault.environments, settings.environments);
    if environments.len() > MAX_ENVIRONMENTS {
        return Err(Error::invalid(
            "environments",
            format!("a vault has at most {MAX_ENVIRONMENTS}"),
        ));
    }
    let mut environment_types = vault.environment_types.clone();
    environment_types.retain(|environment, _| environments.contains(environment));
    let wanted = Vault {
        environments,
        environment_types,
        access: settings.access,
        owner: settings.owner,
        ..vault.clone()
    };
    Ok(if wanted == *vault {
        wanted
    } else {
        Vault {
            revision: vault.revision + 1,
            ..wanted
        }
    })
}
