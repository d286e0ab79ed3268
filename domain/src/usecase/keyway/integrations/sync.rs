//! Copying between an environment of a vault and one of a provider's project: who may, what it would do, doing it.

use std::collections::BTreeSet;

use super::{
    super::{Entered, Keyway},
    connections::Connection,
    plan::{Difference, Direction, Ours, SyncPlan},
};
use crate::{
    Error,
    address::Place,
    audit::Outcome,
    entity::EnvironmentType,
    integration::{Changes, Integration, Target, Variables},
    name::{EnvName, SecretName},
    repo_role::RepoRole,
    rights::Permission,
    secret_value::{MAX_BYTES, SecretValue},
    usecase::{
        MAX_PAGE,
        secrets::{NewSecret, Span},
    },
};

/// Which two environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRequest {
    /// The vault's.
    pub environment: EnvName,
    /// The provider's.
    pub target: Target,
}

/// How the two stand before anything was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncStatus {
    /// Whether nothing was ever copied between this vault and this project by this connection.
    pub first: bool,
    /// Whether the vault's environment has no secrets.
    pub vault_is_empty: bool,
    /// How many variables the provider lists.
    pub provider_count: usize,
}

/// How a copy ended.
#[derive(Debug)]
pub enum SyncOutcome {
    /// It did this.
    Done(SyncPlan),
    /// The provider failed; some variables may have been written there before.
    Failed(String),
}

impl Keyway {
    /// How a vault and a project stand to one another.
    pub async fn sync_status(
        &self,
        entered: &Entered,
        connection: &Connection,
        request: &SyncRequest,
    ) -> Result<SyncStatus, Error> {
        let theirs = self.theirs(connection, &request.target).await?;
        let vault = &entered.located.vault;
        let linked =
            self.links(vault.id).await?.into_iter().any(|link| {
                link.body.connection == connection.id && link.body.project == request.target.project
            });
        let empty = if vault.environments.contains(&request.environment) {
            self.names(entered, &request.environment).await?.is_empty()
        } else {
            true
        };
        Ok(SyncStatus {
            first: !linked,
            vault_is_empty: empty,
            provider_count: theirs.len(),
        })
    }

    /// How the two environments differ. It takes reading the vault's.
    pub async fn sync_difference(
        &self,
        entered: &Entered,
        connection: &Connection,
        request: &SyncRequest,
    ) -> Result<Difference, Error> {
        let integration = self.integration(connection.provider)?;
        let ours = self.ours(entered, &request.environment, integration).await?;
        Ok(Difference::of(
            &ours,
            &self.theirs(connection, &request.target).await?,
        ))
    }

    /// What a copy would do. Refused to whom the copy would be refused.
    pub async fn sync_preview(
        &self,
        entered: &Entered,
        connection: &Connection,
        request: &SyncRequest,
        (direction, allow_delete): (Direction, bool),
    ) -> Result<SyncPlan, Error> {
        self.may_sync(entered, request, direction).await?;
        let integration = self.integration(connection.provider)?;
        match direction {
            Direction::Push => {
                let ours = self.ours(entered, &request.environment, integration).await?;
                let theirs = self.theirs(connection, &request.target).await?;
                Ok(SyncPlan::push(&ours, &theirs, allow_delete))
            }
            Direction::Pull => {
                let theirs = self.importable(connection, &request.target).await?;
                let names = self.names(entered, &request.environment).await?;
                Ok(SyncPlan::pull(&names, &theirs))
            }
        }
    }

    /// Copies, doing what [`Self::sync_preview`] says, and links the two environments.
    pub async fn sync(
        &self,
        entered: &Entered,
        connection: &Connection,
        request: &SyncRequest,
        (direction, allow_delete): (Direction, bool),
    ) -> Result<SyncOutcome, Error> {
        self.may_sync(entered, request, direction).await?;
        let done = match direction {
            Direction::Push => self.push(entered, connection, request, allow_delete).await,
            Direction::Pull => self.pull(entered, connection, request).await,
        };
        let outcome = match done {
            Ok(plan) => {
                let now = self.coffer.clock().now();
                self.mark(entered, connection, request, Some(now)).await?;
                SyncOutcome::Done(plan)
            }
            Err(Fault::Provider(error)) => SyncOutcome::Failed(error),
            Err(Fault::Ours(error)) => return Err(error),
        };
        self.log(entered, connection, request, direction, &outcome)
            .await?;
        Ok(outcome)
    }

    async fn push(
        &self,
        entered: &Entered,
        connection: &Connection,
        request: &SyncRequest,
        allow_delete: bool,
    ) -> Result<SyncPlan, Fault> {
        let integration = self.integration(connection.provider)?;
        let (access, target) = (connection.access(), &request.target);
        let ours = self.ours(entered, &request.environment, integration).await?;
        let theirs = integration.variables(&access, target).await?;
        let plan = SyncPlan::push(&ours, &theirs, allow_delete);
        let value = |name: &String| Some((name.clone(), ours.get(name)?.clone()));
        let changes = Changes {
            set: plan.create.iter().chain(&plan.update).filter_map(value).collect(),
            remove: plan.delete.clone(),
        };
        if !changes.set.is_empty() || !changes.remove.is_empty() {
            integration.change(&access, target, &changes).await?;
        }
        Ok(plan)
    }

    async fn pull(
        &self,
        entered: &Entered,
        connection: &Connection,
        request: &SyncRequest,
    ) -> Result<SyncPlan, Fault> {
        let integration = self.integration(connection.provider)?;
        let theirs = integration
            .variables(&connection.access(), &request.target)
            .await?;
        let theirs = fit(theirs);
        let names = self.names(entered, &request.environment).await?;
        let plan = SyncPlan::pull(&names, &theirs);
        let new = |name: &String| {
            let value = theirs.get(name)?.clone()?;
            Some(NewSecret {
                name: SecretName::new(name.as_str()).ok()?,
                value,
                metadata: crate::metadata::Metadata::default(),
            })
        };
        let new: Vec<NewSecret> = plan.create.iter().filter_map(new).collect();
        let place = place(entered, &request.environment);
        self.coffer.create_secrets(&entered.caller, &place, &new).await?;
        Ok(plan)
    }

    /// Pushing takes reading the vault's environment, pulling takes writing it; moving values to where more
    /// protects them takes an administrator besides.
    async fn may_sync(
        &self,
        entered: &Entered,
        request: &SyncRequest,
        direction: Direction,
    ) -> Result<(), Error> {
        let place = place(entered, &request.environment);
        let here = entered.located.vault.environment_type(&request.environment);
        let there = EnvironmentType::of_name(&request.target.environment);
        let (from, to) = match direction {
            Direction::Push => (here, there),
            Direction::Pull => (there, here),
        };
        if direction == Direction::Pull {
            self.coffer.may_write(&entered.caller, &place).await?;
        }
        if to > from && entered.role != Some(RepoRole::Admin) {
            let event = self.coffer.event(
                &entered.caller,
                "integration.sync",
                place.to_string(),
                Outcome::Denied,
            );
            let tenant = entered.located.organization.id;
            self.coffer.store.record(tenant, event).await?;
            return Err(Error::Forbidden {
                permission: Permission::ManageVaults,
                target: place.to_string(),
            });
        }
        Ok(())
    }

    /// The vault's variables with their values: those whose names a provider can take.
    async fn ours(
        &self,
        entered: &Entered,
        environment: &EnvName,
        integration: &dyn Integration,
    ) -> Result<Ours, Error> {
        let place = place(entered, environment);
        let read = self
            .coffer
            .read_environment(&entered.caller, &place, Span::ALL)
            .await?;
        let mut ours = Ours::new();
        for one in read {
            let name = one.secret.name.as_str();
            if !is_variable(name) || integration.is_own(name) {
                continue;
            }
            if std::str::from_utf8(one.value.reveal()).is_err() {
                let why = format!("the value of {name} is not text, and providers take nothing else");
                return Err(Error::Conflict(why));
            }
            ours.insert(name.to_owned(), one.value);
        }
        Ok(ours)
    }

    /// The names that are taken in an environment of the vault, without any value.
    async fn names(&self, entered: &Entered, environment: &EnvName) -> Result<BTreeSet<String>, Error> {
        let (place, mut names) = (place(entered, environment), BTreeSet::new());
        let mut after: Option<SecretName> = None;
        loop {
            let page = self
                .coffer
                .list_secrets(&entered.caller, &place, after.as_ref(), MAX_PAGE)
                .await?;
            let complete = page.len() < MAX_PAGE as usize;
            after = page.last().map(|secret| secret.name.clone());
            names.extend(page.into_iter().map(|secret| secret.name.to_string()));
            if complete {
                return Ok(names);
            }
        }
    }

    async fn theirs(&self, connection: &Connection, target: &Target) -> Result<Variables, Error> {
        let integration = self.integration(connection.provider)?;
        Ok(integration.variables(&connection.access(), target).await?)
    }

    async fn importable(&self, connection: &Connection, target: &Target) -> Result<Variables, Error> {
        Ok(fit(self.theirs(connection, target).await?))
    }

    async fn log(
        &self,
        entered: &Entered,
        connection: &Connection,
        request: &SyncRequest,
        direction: Direction,
        outcome: &SyncOutcome,
    ) -> Result<(), Error> {
        let action = match (direction, outcome) {
            (Direction::Push, SyncOutcome::Done(_)) => "integration.push",
            (Direction::Pull, SyncOutcome::Done(_)) => "integration.pull",
            (_, SyncOutcome::Failed(_)) => "integration.fail",
        };
        let target = format!(
            "{} {}:{}/{}",
            place(entered, &request.environment),
            connection.provider.as_str(),
            request.target.project,
            request.target.environment
        );
        let event = self
            .coffer
            .event(&entered.caller, action, target, Outcome::Allowed);
        let tenant = entered.located.organization.id;
        Ok(self.coffer.store.record(tenant, event).await?)
    }
}

/// What went wrong in a copy: the provider's failures are told in its answer, ours are errors.
enum Fault {
    Provider(String),
    Ours(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<crate::integration::ProviderError> for Fault {
    fn from(error: crate::integration::ProviderError) -> Self {
        Self::Provider(error.to_string())
    }
}

fn place(entered: &Entered, environment: &EnvName) -> Place {
    Place {
        organization: entered.located.organization.name.clone(),
        vault: entered.located.vault.name.clone(),
        environment: environment.clone(),
    }
}

/// A provider's variables as they can be imported: one that no secret can hold counts as not shown.
fn fit(theirs: Variables) -> Variables {
    let holds = |value: &SecretValue| value.len() <= MAX_BYTES;
    theirs
        .into_iter()
        .map(|(name, value)| {
            let value = value.filter(|value| is_variable(&name) && holds(value));
            (name, value)
        })
        .collect()
}

/// Whether a name can be an environment variable's.
fn is_variable(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.len() <= 255
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(plain)
}
