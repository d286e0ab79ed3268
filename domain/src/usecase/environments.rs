//! The environments of a vault: add, rename, delete, say what one is for. A vault that an object manages has
//! its environments from there.

use super::{
    ATTEMPTS, Caller, Coffer, MAX_PAGE,
    access::{Ask, not_found},
    contended, nearest,
    vaults::{MAX_ENVIRONMENTS, check_owner},
};
use crate::{
    Error,
    change::{ChangeDraft, Subject},
    entity::{EnvironmentType, Secret, Vault},
    id::VaultId,
    name::{EnvName, OrgName, VaultName},
    rights::Permission,
    store::{Commit, LocatedVault, Precondition, Write},
};

const MANAGE: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "environment.write",
};

impl Coffer {
    /// Adds an environment, after those there are.
    pub async fn add_environment(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
        environment: &EnvName,
    ) -> Result<Vault, Error> {
        let action = "environment.create";
        self.change_environments(caller, action, (organization, vault), environment, |vault| {
            if vault.environments.contains(environment) {
                return Err(taken(environment));
            }
            if vault.environments.len() >= MAX_ENVIRONMENTS {
                return Err(Error::Refused(format!(
                    "a vault has at most {MAX_ENVIRONMENTS} environments"
                )));
            }
            vault.environments.push(environment.clone());
            Ok(())
        })
        .await
    }

    /// Says what an environment is for, whatever its name says; `None` leaves it to the name.
    pub async fn set_environment_type(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
        environment: &EnvName,
        is: Option<EnvironmentType>,
    ) -> Result<Vault, Error> {
        let action = "environment.type";
        self.change_environments(caller, action, (organization, vault), environment, |vault| {
            known(vault, environment)?;
            match is {
                Some(is) => drop(vault.environment_types.insert(environment.clone(), is)),
                None => drop(vault.environment_types.remove(environment)),
            }
            Ok(())
        })
        .await
    }

    /// Renames an environment: its place, its type, its secrets and its trash stay with it. Their values are
    /// bound to the environment, so each is sealed anew.
    pub async fn rename_environment(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
        (from, to): (&EnvName, &EnvName),
    ) -> Result<Vault, Error> {
        for _ in 0..ATTEMPTS {
            let (located, mut changed) = self.managed_vault(caller, organization, vault).await?;
            known(&changed, from)?;
            if from == to {
                return Ok(changed);
            }
            if changed.environments.contains(to) {
                return Err(taken(to));
            }
            for environment in changed.environments.iter_mut().filter(|known| *known == from) {
                environment.clone_from(to);
            }
            if let Some(is) = changed.environment_types.remove(from) {
                changed.environment_types.insert(to.clone(), is);
            }
            let commit = self.plan_renamed(caller, &located, &changed, (from, to)).await?;
            if self.try_commit(commit).await? {
                return Ok(changed);
            }
            if !self.all_secrets(&located, to).await?.is_empty() {
                return Err(Error::Conflict(format!(
                    "environment {to} was part of vault {vault} before and still has secrets; add it again, or take another name"
                )));
            }
        }
        Err(contended(format_args!("vault {vault}")))
    }

    /// Deletes an environment with its secrets and its trash, for ever. The last one stays.
    pub async fn drop_environment(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
        environment: &EnvName,
    ) -> Result<Vault, Error> {
        for _ in 0..ATTEMPTS {
            let (located, mut changed) = self.managed_vault(caller, organization, vault).await?;
            known(&changed, environment)?;
            if changed.environments.len() == 1 {
                return Err(Error::Refused(format!(
                    "{environment} is the last environment of vault {vault}; delete the vault instead"
                )));
            }
            changed.environments.retain(|known| known != environment);
            changed.environment_types.remove(environment);
            let commit = self.plan_dropped(caller, &located, &changed, environment).await?;
            if self.try_commit(commit).await? {
                return Ok(changed);
            }
        }
        Err(contended(format_args!("vault {vault}")))
    }

    /// The commit by which an environment, which `changed` knows by its new name already, takes its secrets along.
    pub(super) async fn plan_renamed(
        &self,
        caller: &Caller,
        located: &LocatedVault,
        changed: &Vault,
        (from, to): (&EnvName, &EnvName),
    ) -> Result<Commit, Error> {
        let mut commit = self.environment_commit(caller, "environment.rename", located, changed, from);
        commit.audit.versions.push(format!("to {to}"));
        // Secrets of an environment that was left out of the vault once keep their names there.
        let free = Precondition::Population(changed.id, to.clone(), 0);
        commit.preconditions.push(free);
        let moved = self.all_secrets(located, from).await?;
        move_secrets(&mut commit, changed.id, &moved, (from, to));
        Ok(commit)
    }

    /// The commit by which an environment, which `changed` has no more, goes with all its secrets.
    pub(super) async fn plan_dropped(
        &self,
        caller: &Caller,
        located: &LocatedVault,
        changed: &Vault,
        environment: &EnvName,
    ) -> Result<Commit, Error> {
        let gone = self.all_secrets(located, environment).await?;
        if let Some(secret) = gone.iter().find(|secret| secret.owner.is_some())
            && let Some(owner) = secret.owner.clone()
        {
            return Err(Error::Managed {
                what: format!("secret {} of environment {environment}", secret.name),
                owner,
            });
        }
        let mut commit = self.environment_commit(caller, "environment.delete", located, changed, environment);
        let count = Precondition::Population(changed.id, environment.clone(), gone.len() as u64);
        commit.preconditions.push(count);
        for secret in &gone {
            let as_read = Precondition::SecretById(secret.id, Some(secret.revision));
            commit.preconditions.push(as_read);
            announce(&mut commit, secret, environment, false);
        }
        commit
            .writes
            .push(Write::DropSecretsOf(changed.id, environment.clone()));
        Ok(commit)
    }

    async fn change_environments(
        &self,
        caller: &Caller,
        action: &'static str,
        (organization, vault): (&OrgName, &VaultName),
        environment: &EnvName,
        change: impl Fn(&mut Vault) -> Result<(), Error> + Send + Sync,
    ) -> Result<Vault, Error> {
        for _ in 0..ATTEMPTS {
            let (located, mut changed) = self.managed_vault(caller, organization, vault).await?;
            change(&mut changed)?;
            let commit = self.environment_commit(caller, action, &located, &changed, environment);
            if self.try_commit(commit).await? {
                return Ok(changed);
            }
        }
        Err(contended(format_args!("vault {vault}")))
    }

    /// A vault that the caller may change and no object manages: as it is, and at its next revision.
    pub(super) async fn managed_vault(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<(LocatedVault, Vault), Error> {
        let located = self.authorise_vault(caller, MANAGE, organization, vault).await?;
        check_owner(&located.vault, None)?;
        let mut changed = (*located.vault).clone();
        changed.revision += 1;
        Ok((located, changed))
    }

    pub(super) fn environment_commit(
        &self,
        caller: &Caller,
        action: &str,
        located: &LocatedVault,
        changed: &Vault,
        environment: &EnvName,
    ) -> Commit {
        let revision = Some(located.vault.revision);
        let name = &located.organization.name;
        let mut commit = self.vault_commit(caller, action, name, changed, revision);
        commit.audit.target = format!("coffer://{name}/{}/{environment}", changed.name);
        commit
    }

    /// Everything kept in an environment, in the trash too.
    pub(super) async fn all_secrets(
        &self,
        located: &LocatedVault,
        environment: &EnvName,
    ) -> Result<Vec<Secret>, Error> {
        let vault = located.vault.id;
        let mut all: Vec<Secret> = Vec::new();
        loop {
            let after = all.last().map(|secret| secret.name.clone());
            let page = self
                .store
                .secrets(vault, environment, after.as_ref(), MAX_PAGE)
                .await?;
            let complete = page.len() < MAX_PAGE as usize;
            all.extend(page);
            if complete {
                break;
            }
        }
        let trash = self.store.trash(vault).await?;
        all.extend(
            trash
                .into_iter()
                .filter(|secret| secret.environment == *environment),
        );
        Ok(all)
    }
}

/// Every secret as it was read, and no other: none is lost or left behind by a write at the same time.
fn move_secrets(commit: &mut Commit, vault: VaultId, moved: &[Secret], (from, to): (&EnvName, &EnvName)) {
    let count = Precondition::Population(vault, from.clone(), moved.len() as u64);
    commit.preconditions.push(count);
    for secret in moved {
        let as_read = Precondition::SecretById(secret.id, Some(secret.revision));
        commit.preconditions.push(as_read);
        commit.writes.push(Write::Secret(Secret {
            environment: to.clone(),
            revision: secret.revision + 1,
            ..secret.clone()
        }));
        commit.writes.push(Write::Reseal {
            organization: commit.organization,
            vault,
            secret: secret.id,
            from: from.clone(),
            to: to.clone(),
        });
        announce(commit, secret, from, false);
        announce(commit, secret, to, true);
    }
}

/// Tells watchers that a secret is gone from an environment, or is in it now.
fn announce(commit: &mut Commit, secret: &Secret, environment: &EnvName, there: bool) {
    if secret.trashed.is_some() {
        return;
    }
    let subject = Subject::Secret {
        vault: secret.vault,
        environment: environment.clone(),
        name: secret.name.clone(),
        version: secret.current.filter(|_| there),
    };
    let at = commit.audit.at;
    commit.changes.push(ChangeDraft { subject, at });
}

pub(super) fn taken(environment: &EnvName) -> Error {
    Error::AlreadyExists {
        what: "environment",
        name: environment.to_string(),
    }
}

pub(super) fn known(vault: &Vault, environment: &EnvName) -> Result<(), Error> {
    if vault.environments.contains(environment) {
        return Ok(());
    }
    let nearest = nearest(
        environment.as_str(),
        vault.environments.iter().map(EnvName::as_str),
    );
    match nearest {
        None => Err(not_found("environment", environment.to_string())),
        nearest => Err(Error::NotFound {
            what: "environment",
            name: environment.to_string(),
            nearest,
        }),
    }
}
