//! Making, changing, moving and deleting variables.

use serde_json::json;

use super::{
    Actor, KeyNest, Shown, VariableChange, VariableView,
    adopt::{self, Numbered},
    environment::Spot,
    log::Done,
    variable::{Held, view_of},
};
use crate::{
    Error,
    name::SecretName,
    rights::Permission,
    secret_value::SecretValue,
    usecase::{
        ATTEMPTS,
        access::Ask,
        contended,
        secrets::{KEPT_IN_TRASH, joined},
    },
};

const WRITE: Ask = Ask {
    permission: Permission::Write,
    action: "secret.write",
};
const DELETE: Ask = Ask {
    permission: Permission::Delete,
    action: "secret.trash",
};

impl KeyNest {
    /// A new variable. `NotFound`: there is no such environment.
    pub async fn create_variable(
        &self,
        actor: &Actor,
        environment: u64,
        key: &SecretName,
        value: &SecretValue,
    ) -> Result<VariableView, Error> {
        for _ in 0..ATTEMPTS {
            let spot = self.enter_nested(actor, environment, WRITE).await?;
            self.check_key_free(&spot, key).await?;
            let doer = self.doer(actor).await?;
            let values = [(key.clone(), value.clone())];
            let merge = self
                .coffer
                .plan_merge(&actor.caller, "secret.create", &spot.place, &values)
                .await?;
            let (Some(secret), mut commit) = (merge.created.into_iter().next(), merge.commit) else {
                continue;
            };
            let vault = spot.located.vault.id;
            let number = self.put_number(&mut commit, vault, secret.id, &doer.name).await?;
            let done = done("variable_created", number, key, &spot);
            self.note(&mut commit, &doer, &done).await?;
            if self.coffer.try_commit(commit).await? {
                let shown = Shown::Value(value.clone());
                return Ok(view_of(&spot, number, &secret, &doer.name, shown));
            }
        }
        Err(contended(key))
    }

    /// Whether the actor may change a variable: asked before it is looked at what becomes of it.
    pub async fn may_edit(&self, actor: &Actor, number: u64) -> Result<(), Error> {
        self.held(actor, number, WRITE).await.map(drop)
    }

    /// Makes a variable different. In another environment, of the same organization, it starts a new history.
    pub async fn update_variable(
        &self,
        actor: &Actor,
        number: u64,
        change: &VariableChange,
    ) -> Result<VariableView, Error> {
        for _ in 0..ATTEMPTS {
            let held = self.held(actor, number, WRITE).await?;
            if change.is_empty() {
                return self.variable_view(actor, &held).await;
            }
            let key = change.key.clone().unwrap_or_else(|| held.secret.name.clone());
            let here = held.spot.environment.body.number;
            if let Some(there) = change.environment.filter(|there| *there != here) {
                if let Some(moved) = self
                    .moved(actor, &held, there, &key, change.value.as_ref())
                    .await?
                {
                    return Ok(moved);
                }
                continue;
            }
            if key != held.secret.name {
                self.check_key_free(&held.spot, &key).await?;
            }
            let address = held.address();
            let (mut commit, secret) = self
                .coffer
                .plan_edit(&actor.caller, &address, &key, change.value.as_ref())
                .await?;
            let doer = self.doer(actor).await?;
            let done = done("variable_updated", number, &key, &held.spot);
            self.note(&mut commit, &doer, &done).await?;
            if self.coffer.try_commit(commit).await? {
                let held = Held { secret, ..held };
                return self.variable_view(actor, &held).await;
            }
        }
        Err(contended("the variable"))
    }

    /// Writes a variable into another environment and puts the present one into the trash, in one commit.
    async fn moved(
        &self,
        actor: &Actor,
        held: &Held,
        there: u64,
        key: &SecretName,
        value: Option<&SecretValue>,
    ) -> Result<Option<VariableView>, Error> {
        let caller = &actor.caller;
        let spot = self.enter_nested(actor, there, WRITE).await?;
        if spot.located.organization.id != held.spot.located.organization.id {
            return Err(Error::invalid(
                "environment",
                "A variable stays in its organization.",
            ));
        }
        self.check_key_free(&spot, key).await?;
        let address = held.address();
        let value = match value {
            Some(value) => value.clone(),
            None => self.coffer.read_secret(caller, &address, None).await?.value,
        };
        let values = [(key.clone(), value.clone())];
        let merge = self
            .coffer
            .plan_merge(caller, "secret.move", &spot.place, &values)
            .await?;
        let Some(secret) = merge.created.into_iter().next() else {
            return Ok(None);
        };
        let (trash, _) = self.coffer.plan_trash(caller, &address, KEPT_IN_TRASH).await?;
        let mut commit = joined(merge.commit, trash);
        let number = held.numbered.body.number;
        Self::remove(&mut commit, &held.numbered);
        let numbered = Numbered {
            vault: spot.located.vault.id,
            ..held.numbered.body.clone()
        };
        let created_by = numbered.created_by.clone();
        self.put(&mut commit, &adopt::key(secret.id), numbered).await?;
        let doer = self.doer(actor).await?;
        let done = done("variable_updated", number, key, &spot);
        self.note(&mut commit, &doer, &done).await?;
        let taken = self.coffer.try_commit(commit).await?;
        let shown = Shown::Value(value);
        Ok(taken.then(|| view_of(&spot, number, &secret, &created_by, shown)))
    }

    /// Puts a variable into the trash of its vault, from where other doors can restore it.
    pub async fn delete_variable(&self, actor: &Actor, number: u64) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let held = self.held(actor, number, DELETE).await?;
            let (mut commit, _) = self
                .coffer
                .plan_trash(&actor.caller, &held.address(), KEPT_IN_TRASH)
                .await?;
            Self::remove(&mut commit, &held.numbered);
            let doer = self.doer(actor).await?;
            let done = done("variable_deleted", number, &held.secret.name, &held.spot);
            self.note(&mut commit, &doer, &done).await?;
            if self.coffer.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended("the variable"))
    }

    async fn check_key_free(&self, spot: &Spot, key: &SecretName) -> Result<(), Error> {
        let (vault, environment) = (spot.located.vault.id, &spot.place.environment);
        let found = self.coffer.store.secret(vault, environment, key).await?;
        if found.is_some_and(|secret| secret.current.is_some()) {
            return Err(Error::AlreadyExists {
                what: "key",
                name: key.to_string(),
            });
        }
        Ok(())
    }
}

fn done(action: &'static str, number: u64, key: &SecretName, spot: &Spot) -> Done {
    let environment = spot.environment.body.name.as_str();
    let details = json!({
        "variable_key": key.as_str(),
        "environment_name": environment,
        "key": key.as_str(),
        "environment": environment,
        "project": spot.project.name,
    });
    Done::new(action, "variable", number, details)
}
