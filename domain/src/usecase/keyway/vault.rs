//! Vaults of repositories: entering one with the grants that the role on its repository gives, listing those one
//! has a part in, making one. A vault is found under its repository's name in lower case.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::{Keyway, Session, door, put, shelved};
use crate::{
    Error,
    audit::{Origin, Outcome},
    entity::{Secret, Vault},
    forge::{Collaborator, Repository},
    id::{OrgId, UserId},
    name::{EnvName, OrgName, VaultName},
    pattern::Pattern,
    principal::Principal,
    repo_role::{RepoRole, Rules, cut},
    rights::{Grant, Permission},
    store::LocatedVault,
    usecase::{
        Caller, MAX_PAGE,
        access::{Ask, VIEW, not_found},
        vaults::VaultSettings,
    },
};

/// A vault that a session may be in.
#[derive(Debug, Clone)]
pub struct Entered {
    /// The session, with its grants on this vault.
    pub caller: Caller,
    /// The vault.
    pub located: LocatedVault,
    /// Its repository, where the session is one of the forge's.
    pub repository: Option<Repository>,
    /// The role on it.
    pub role: Option<RepoRole>,
}

/// What there is to say of a vault as a whole.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The vault.
    pub entered: Entered,
    /// How many secrets it has, those in the trash not counted.
    pub secrets: u64,
    /// When something in it changed last.
    pub updated_at: Timestamp,
}

impl Keyway {
    /// Lets a session into the vault of a repository. `view`: it asks for the vault itself, which is hidden from
    /// those without a role; all else in it is forbidden to them.
    pub async fn enter(
        &self,
        session: &Session,
        (owner, name): (&str, &str),
        view: bool,
        origin: Origin,
    ) -> Result<Entered, Error> {
        let (organization, vault) = names(owner, name)?;
        let (repository, role) = self.standing(session, owner, name).await?;
        let missing = || not_found("vault", format!("for repository {owner}/{name}"));
        if session.account().is_some() && repository.is_none() {
            return Err(missing());
        }
        let located = self.coffer.store.vault(&organization, &vault).await?;
        let located = located.ok_or_else(missing)?;
        let grants = self.grants(session, role, &located).await?;
        let caller = session.caller(self.home().await?, grants, origin);
        let ask = Ask {
            permission: Permission::List,
            action: if view { VIEW } else { "vault.enter" },
        };
        let authorised = self
            .coffer
            .authorise_vault(&caller, ask, &organization, &vault)
            .await;
        // Whom a vault is hidden from is told the same as if there were none.
        let located = authorised.map_err(|error| match error {
            Error::NotFound { .. } => missing(),
            other => other,
        })?;
        let role = role.or_else(|| role_of(&caller.principal));
        Ok(Entered {
            caller,
            located,
            repository,
            role,
        })
    }

    /// The repository, and the session's role on it.
    async fn standing(
        &self,
        session: &Session,
        owner: &str,
        name: &str,
    ) -> Result<(Option<Repository>, Option<RepoRole>), Error> {
        let Some((_, account)) = session.account() else {
            return Ok((None, None));
        };
        let Some(repository) = self.forge.repository(owner, name).await? else {
            return Ok((None, None));
        };
        let role = self.forge.role(&repository, &account.body.user.login).await?;
        Ok((Some(repository), role))
    }

    async fn grants(
        &self,
        session: &Session,
        role: Option<RepoRole>,
        located: &LocatedVault,
    ) -> Result<Vec<(OrgId, Grant)>, Error> {
        let (Some((id, _)), Some(role)) = (session.account(), role) else {
            return Ok(Vec::new());
        };
        let rules = self.rules(located).await?;
        let grants = cut(rules.grants(id, role, &located.vault), session.scopes());
        Ok(grants
            .into_iter()
            .map(|grant| (located.organization.id, grant))
            .collect())
    }

    /// The rules of a vault: its overrides, and what its organization says.
    pub(super) async fn rules(&self, located: &LocatedVault) -> Result<Arc<Rules>, Error> {
        let epoch = self.coffer.store.rights_epoch();
        if let Some(found) = shelved(&self.rules, epoch, &located.vault.id) {
            return Ok(found);
        }
        let overrides = self.overrides_of(located).await?;
        let rules = Arc::new(Rules {
            exceptions: overrides.into_iter().map(|one| one.body.exception).collect(),
            ..self.defaults_of(located.organization.name.as_str()).await?
        });
        put(&self.rules, epoch, located.vault.id, Arc::clone(&rules));
        Ok(rules)
    }

    /// What `user` of `role` may do in each environment, in the vault's order.
    pub async fn reaches(
        &self,
        entered: &Entered,
        user: UserId,
        role: RepoRole,
    ) -> Result<Vec<(EnvName, crate::repo_role::Reach)>, Error> {
        let (rules, vault) = (self.rules(&entered.located).await?, &entered.located.vault);
        let reach = |environment: &EnvName| {
            let is = vault.environment_type(environment);
            (environment.clone(), rules.reach(user, role, environment, is))
        };
        Ok(vault.environments.iter().map(reach).collect())
    }

    /// Every vault that a session has a part in, the one that changed last first.
    pub async fn list(&self, session: &Session, origin: &Origin) -> Result<Vec<Summary>, Error> {
        let owners = match session {
            Session::Account { .. } => self.forge.owners(),
            Session::Native(principal) => self.own_name(principal).await?,
        };
        let mut found = Vec::new();
        for owner in owners {
            for vault in self.vaults_of(&owner).await? {
                let name = (owner.as_str(), vault.name.as_str());
                match self.enter(session, name, true, origin.clone()).await {
                    Ok(entered) => found.push(self.summary(entered).await?),
                    Err(Error::NotFound { .. } | Error::Forbidden { .. }) => {}
                    Err(other) => return Err(other),
                }
            }
        }
        found
            .sort_by_key(|summary| std::cmp::Reverse((summary.updated_at, summary.entered.located.vault.id)));
        Ok(found)
    }

    async fn own_name(&self, principal: &Principal) -> Result<Vec<String>, Error> {
        let Principal::ApiKey(key) = principal else {
            return Ok(Vec::new());
        };
        let own = self.coffer.store.organization_by_id(key.organization).await?;
        Ok(own.into_iter().map(|own| own.name.to_string()).collect())
    }

    /// All vaults of an owner, however many.
    pub(super) async fn vaults_of(&self, owner: &str) -> Result<Vec<Vault>, Error> {
        let Ok(name) = OrgName::new(owner.to_ascii_lowercase()) else {
            return Ok(Vec::new());
        };
        let Some(organization) = self.coffer.store.organization(&name).await? else {
            return Ok(Vec::new());
        };
        let mut all: Vec<Vault> = Vec::new();
        loop {
            let after = all.last().map(|vault| vault.name.clone());
            let page = self
                .coffer
                .store
                .vaults(organization.id, after.as_ref(), MAX_PAGE)
                .await?;
            let complete = page.len() < MAX_PAGE as usize;
            all.extend(page);
            if complete {
                return Ok(all);
            }
        }
    }

    /// How much is in a vault, and when it changed.
    pub async fn summary(&self, entered: Entered) -> Result<Summary, Error> {
        let vault = &entered.located.vault;
        let mut all: Vec<Secret> = self.coffer.store.trash(vault.id).await?;
        let trashed = all.len();
        for environment in &vault.environments {
            let mut after = None;
            loop {
                let page = self
                    .coffer
                    .store
                    .secrets(vault.id, environment, after.as_ref(), MAX_PAGE);
                let page = page.await?;
                let complete = page.len() < MAX_PAGE as usize;
                after = page.last().map(|secret| secret.name.clone());
                all.extend(page.into_iter().filter(|secret| secret.current.is_some()));
                if complete {
                    break;
                }
            }
        }
        let changed = |secret: &Secret| secret.trashed.map_or(secret.updated_at, |trashed| trashed.at);
        let updated_at = all.iter().map(changed).fold(vault.created_at, Timestamp::max);
        Ok(Summary {
            secrets: (all.len() - trashed) as u64,
            entered,
            updated_at,
        })
    }

    /// Who has a role on the repository of a vault, for who administers it.
    pub async fn collaborators(
        &self,
        session: &Session,
        entered: &Entered,
    ) -> Result<Vec<Collaborator>, Error> {
        let (action, caller) = ("vault.collaborators", &entered.caller);
        let LocatedVault { organization, vault } = &entered.located;
        let target = format!("coffer://{}/{}", organization.name, vault.name);
        if entered.role != Some(RepoRole::Admin) {
            let origin = caller.origin.clone();
            return Err(self.denied(session, origin, action, target).await?);
        }
        let event = self.coffer.event(caller, action, target, Outcome::Allowed);
        self.coffer.store.record(organization.id, event).await?;
        match &entered.repository {
            Some(repository) => Ok(self.forge.collaborators(repository).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Records that a session lacks the role to manage something, and gives the error for it. It goes to the
    /// session's own chain: nobody writes into another's.
    pub(super) async fn denied(
        &self,
        session: &Session,
        origin: Origin,
        action: &str,
        target: String,
    ) -> Result<Error, Error> {
        let home = self.home().await?;
        let caller = session.caller(home, Vec::new(), origin);
        let chain = match &caller.principal {
            Principal::ApiKey(key) => key.organization,
            _ => home,
        };
        let event = self
            .coffer
            .event(&caller, action, target.clone(), Outcome::Denied);
        self.coffer.store.record(chain, event).await?;
        Ok(Error::Forbidden {
            permission: Permission::ManageVaults,
            target,
        })
    }

    /// Makes the vault of a repository that the session administers, with these environments.
    pub async fn create(
        &self,
        session: &Session,
        (owner, name): (&str, &str),
        environments: Vec<EnvName>,
        origin: Origin,
    ) -> Result<(Vault, Option<Repository>), Error> {
        let (organization, vault) = names(owner, name)?;
        let (repository, role) = self.standing(session, owner, name).await?;
        let settings = VaultSettings {
            environments,
            access: Vec::new(),
            owner: None,
        };
        let Some(repository) = repository else {
            let Session::Native(_) = session else {
                return Err(not_found("repository", format!("{owner}/{name}")));
            };
            let caller = session.caller(self.home().await?, Vec::new(), origin);
            let made = self
                .coffer
                .create_vault(&caller, &organization, &vault, settings)
                .await?;
            return Ok((made, None));
        };
        if role != Some(RepoRole::Admin) {
            let target = format!("coffer://{organization}/{vault}");
            return Err(self.denied(session, origin, "vault.create", target).await?);
        }
        let tenant = self.coffer.ensure_organization(&door(), &organization).await?;
        let grant = Grant {
            permissions: BTreeSet::from([Permission::List, Permission::ManageVaults]),
            vault: Pattern::new(vault.as_str()),
            environment: Pattern::any(),
            names: vec![Pattern::any()],
        };
        let grants = cut(vec![grant], session.scopes()).into_iter();
        let grants = grants.map(|grant| (tenant.id, grant)).collect();
        let caller = session.caller(self.home().await?, grants, origin);
        let made = self
            .coffer
            .create_vault(&caller, &organization, &vault, settings)
            .await?;
        Ok((made, Some(repository)))
    }
}

/// Where the vault of a repository is.
fn names(owner: &str, name: &str) -> Result<(OrgName, VaultName), Error> {
    let organization = OrgName::new(owner.to_ascii_lowercase())?;
    Ok((organization, VaultName::new(name.to_ascii_lowercase())?))
}

/// The role that the grants of a native key come nearest to.
fn role_of(principal: &Principal) -> Option<RepoRole> {
    let grants = principal.grants();
    let any = |permission| grants.iter().any(|grant| grant.permissions.contains(&permission));
    if any(Permission::ManageVaults) {
        Some(RepoRole::Admin)
    } else if any(Permission::Write) {
        Some(RepoRole::Write)
    } else {
        any(Permission::List).then_some(RepoRole::Read)
    }
}
