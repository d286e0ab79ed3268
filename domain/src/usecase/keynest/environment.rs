//! Environments of projects, each of one of four kinds. Their secrets are the vault's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Actor, EnvironmentView, KeyNest, Project,
    log::Done,
    number::found_by,
    project::{Found, forbidden},
    records::Filed,
};
use crate::{
    Error,
    address::Place,
    entity::{EnvironmentType, Vault},
    id::VaultId,
    name::{EnvName, SecretName},
    record::{Collection, Document, Kept},
    rights::{Decision, Permission, Target, decide},
    store::LocatedVault,
    usecase::{ATTEMPTS, access::Ask, contended, environments::taken, vaults::MAX_ENVIRONMENTS},
};

/// What an environment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Somebody's own machine.
    Development,
    /// The rehearsal.
    Staging,
    /// Where it matters.
    Production,
    /// For tests.
    Testing,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Development, Self::Staging, Self::Production, Self::Testing];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
            Self::Testing => "testing",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What other doors call it.
    fn everywhere(self) -> EnvironmentType {
        match self {
            Self::Development => EnvironmentType::Development,
            Self::Staging | Self::Testing => EnvironmentType::Standard,
            Self::Production => EnvironmentType::Protected,
        }
    }

    /// Of an environment that another door made: as its name says, else as its type does.
    pub(super) fn of(vault: &Vault, name: &EnvName) -> Self {
        let text = name.as_str().to_ascii_lowercase();
        if text.starts_with("stag") {
            return Self::Staging;
        }
        if text.starts_with("test") || text == "qa" {
            return Self::Testing;
        }
        match vault.environment_type(name) {
            EnvironmentType::Protected => Self::Production,
            EnvironmentType::Development | EnvironmentType::Standard => Self::Development,
        }
    }
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// Its number.
    pub number: u64,
    /// Its project's number.
    pub project: u64,
    /// Its vault.
    pub vault: VaultId,
    /// Its name there.
    pub name: EnvName,
    /// What it is for.
    pub kind: Kind,
    /// What it is for, in words.
    pub description: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Document for Environment {
    const COLLECTION: Collection = Collection::new("keynest.environment");
    const NOUN: &'static str = "environment";

    fn group(&self) -> String {
        self.vault.to_string()
    }
}

impl Filed for Environment {
    fn found_by(&self) -> Option<String> {
        Some(found_by::<Self>(self.number))
    }
}

/// An environment to be made.
#[derive(Debug, Clone)]
pub struct NewEnvironment {
    /// Its name.
    pub name: EnvName,
    /// What it is for.
    pub kind: Kind,
    /// In words.
    pub description: Option<String>,
}

/// What is to be different; `None` leaves what there is.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentChange {
    /// Its name.
    pub name: Option<EnvName>,
    /// What it is for.
    pub kind: Option<Kind>,
    /// In words.
    pub description: Option<Option<String>>,
    /// Its project, which it stays in.
    pub project: Option<u64>,
}

pub(super) const VIEW: Ask = Ask {
    permission: Permission::List,
    action: "environment.read",
};
const EDIT: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "environment.write",
};
const DROP: Ask = Ask {
    permission: Permission::Destroy,
    action: "environment.delete",
};

/// An environment with all it is in.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) environment: Kept<Environment>,
    pub(super) project: Project,
    pub(super) located: LocatedVault,
    pub(super) place: Place,
}

pub(super) fn key(vault: VaultId, name: &EnvName) -> String {
    format!("{vault}.{name}")
}

impl KeyNest {
    /// A new environment. `NotFound`: there is no such project.
    pub async fn create_environment(
        &self,
        actor: &Actor,
        project: u64,
        new: &NewEnvironment,
    ) -> Result<EnvironmentView, Error> {
        let number = self.next_number::<Environment>().await?;
        for _ in 0..ATTEMPTS {
            let found = self.found_project(project).await?;
            let (organization, vault) = (&found.located.organization, &found.located.vault);
            let (located, mut changed) = self
                .coffer
                .managed_vault(&actor.caller, &organization.name, &vault.name)
                .await
                .map_err(forbidden)?;
            let present = self.environments_of(&found.project, &located.vault).await?;
            if present.iter().any(|kept| kept.body.name == new.name) {
                return Err(taken(&new.name));
            }
            if changed.environments.len() >= MAX_ENVIRONMENTS {
                let full = format!("A project has at most {MAX_ENVIRONMENTS} environments.");
                return Err(Error::Refused(full));
            }
            let name = &new.name;
            if !changed.environments.contains(name) {
                changed.environments.push(name.clone());
            }
            changed
                .environment_types
                .insert(name.clone(), new.kind.everywhere());
            let action = "environment.create";
            let mut commit = self
                .coffer
                .environment_commit(&actor.caller, action, &located, &changed, name);
            let doer = self.doer(actor).await?;
            let now = self.coffer.clock.now();
            let environment = Environment {
                number,
                project,
                vault: changed.id,
                name: name.clone(),
                kind: new.kind,
                description: new.description.clone(),
                created_by: doer.name.clone(),
                created_at: now,
                updated_at: now,
            };
            self.put(&mut commit, &key(changed.id, name), environment.clone())
                .await?;
            let done = done("environment_created", &environment, &found.project.body);
            self.note(&mut commit, &doer, &done).await?;
            if self.coffer.try_commit(commit).await? {
                return Ok(EnvironmentView {
                    kind: environment.kind,
                    environment,
                    project,
                    project_name: found.project.body.name,
                    variables: 0,
                });
            }
        }
        Err(contended("the project"))
    }

    /// Makes an environment different; its variables stay with it.
    pub async fn update_environment(
        &self,
        actor: &Actor,
        number: u64,
        change: &EnvironmentChange,
    ) -> Result<EnvironmentView, Error> {
        for _ in 0..ATTEMPTS {
            let mut spot = self.enter(actor, number, EDIT).await?;
            if change.project.is_some_and(|wanted| wanted != spot.project.number) {
                return Err(Error::invalid("project", "An environment stays in its project."));
            }
            let organization = spot.located.organization.name.clone();
            let (located, mut changed) = self
                .coffer
                .managed_vault(&actor.caller, &organization, &spot.located.vault.name)
                .await?;
            let from = spot.environment.body.name.clone();
            let to = change.name.clone().unwrap_or_else(|| from.clone());
            let before = spot.environment.clone();
            let after = &mut spot.environment.body;
            after.name = to.clone();
            after.kind = change.kind.unwrap_or(after.kind);
            if let Some(description) = &change.description {
                after.description.clone_from(description);
            }
            after.updated_at = self.coffer.clock.now();
            changed.environment_types.remove(&from);
            changed
                .environment_types
                .insert(to.clone(), after.kind.everywhere());
            let mut commit = if from == to {
                self.coffer
                    .environment_commit(&actor.caller, EDIT.action, &located, &changed, &from)
            } else {
                self.rename(actor, &located, &mut changed, (&from, &to)).await?
            };
            if from == to {
                self.put_over(&mut commit, &before, after.clone())?;
            } else {
                Self::remove(&mut commit, &before);
                self.put(&mut commit, &key(changed.id, &to), after.clone())
                    .await?;
            }
            let doer = self.doer(actor).await?;
            let done = done("environment_updated", after, &spot.project);
            self.note(&mut commit, &doer, &done).await?;
            if self.coffer.try_commit(commit).await? {
                spot.place.environment = to;
                return self.environment_view(&spot).await;
            }
        }
        Err(contended("the environment"))
    }

    async fn rename(
        &self,
        actor: &Actor,
        located: &LocatedVault,
        changed: &mut Vault,
        (from, to): (&EnvName, &EnvName),
    ) -> Result<crate::store::Commit, Error> {
        // The one that every vault starts with makes room while nobody uses it.
        if changed.environments.contains(to) {
            let unused = *to == EnvName::default_environment()
                && self.coffer.all_secrets(located, to).await?.is_empty()
                && self
                    .coffer
                    .kept::<Environment>(located.organization.id, &key(changed.id, to))
                    .await?
                    .is_none();
            if !unused {
                return Err(taken(to));
            }
            changed.environments.retain(|known| known != to);
        }
        for known in changed.environments.iter_mut().filter(|known| *known == from) {
            known.clone_from(to);
        }
        self.coffer
            .plan_renamed(&actor.caller, located, changed, (from, to))
            .await
    }

    /// Deletes an environment with its variables, for ever.
    pub async fn delete_environment(&self, actor: &Actor, number: u64) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let spot = self.enter(actor, number, DROP).await?;
            let organization = spot.located.organization.name.clone();
            let (located, mut changed) = self
                .coffer
                .managed_vault(&actor.caller, &organization, &spot.located.vault.name)
                .await?;
            let name = &spot.environment.body.name;
            changed.environments.retain(|known| known != name);
            changed.environment_types.remove(name);
            if changed.environments.is_empty() {
                // A vault is never without: this one nobody sees here.
                changed.environments.push(EnvName::default_environment());
            }
            let mut commit = self
                .coffer
                .plan_dropped(&actor.caller, &located, &changed, name)
                .await?;
            Self::remove(&mut commit, &spot.environment);
            for (numbered, _) in self.variables_of(&spot.located, &spot.place).await? {
                Self::remove(&mut commit, &numbered);
            }
            let doer = self.doer(actor).await?;
            let done = done("environment_deleted", &spot.environment.body, &spot.project);
            self.note(&mut commit, &doer, &done).await?;
            if self.coffer.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended("the environment"))
    }
}

/// Whether the actor may list an environment, or one secret of it.
pub(super) fn sees(actor: &Actor, located: &LocatedVault, place: &Place, name: Option<&SecretName>) -> bool {
    let target = Target {
        organization: located.organization.id,
        vault: Some(located.vault.name.as_str()),
        environment: Some(place.environment.as_str()),
        name: name.map(SecretName::as_str),
    };
    let decision = decide(
        &actor.caller.principal,
        Permission::List,
        &target,
        Some(&located.vault),
    );
    decision == Decision::Allow
}

/// `None`: its vault has it no more.
pub(super) fn spot_of(found: &Found, environment: Kept<Environment>) -> Option<Spot> {
    let located = found.located.clone();
    let name = environment.body.name.clone();
    located.vault.environments.contains(&name).then(|| Spot {
        place: Place {
            organization: located.organization.name.clone(),
            vault: located.vault.name.clone(),
            environment: name,
        },
        environment,
        project: found.project.body.clone(),
        located,
    })
}

fn done(action: &'static str, environment: &Environment, project: &Project) -> Done {
    let details = json!({
        "name": environment.name.as_str(),
        "environment_name": environment.name.as_str(),
        "environment": environment.number,
        "project": project.name,
    });
    Done::new(action, "environment", environment.number, details)
}
