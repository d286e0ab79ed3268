//! `VaultSecret`: its values declared in the store in one commit, rotated when due, and mirrored to a core
//! Secret where asked.

mod apply;
mod decide;
mod gather;
mod mirror;
mod remote;
mod status;

use async_trait::async_trait;
use coffer_crds::{DeletionPolicy, VaultSecret};
use coffer_domain::Error;
use kube::{Api, Resource, ResourceExt, runtime::controller::Action};

use crate::{
    context::Context,
    controller::Kind,
    failure::Failure,
    feed::place_of,
    finalizer,
    halt::{Halt, settle},
    identity::Identity,
    problem::Problem,
    reference::was_looked_at,
    rivals,
    schedule::wake_at,
    secret_watch,
};

/// On every vault secret: its values are deleted, or let go of, before it goes.
pub const FINALIZER: &str = "coffer.dev/vaultsecret";

#[async_trait]
impl Kind for VaultSecret {
    const KIND: &'static str = "VaultSecret";

    async fn reconcile(&self, context: &Context) -> Result<Action, Failure> {
        let identity = Identity::of(Self::KIND, self)?;
        let api: Api<Self> = Api::namespaced(context.client.clone(), &identity.namespace);
        if self.meta().deletion_timestamp.is_some() {
            return clean_up(self, context, &identity, &api).await;
        }
        let vault = gather::vault(self, context);
        if vault.as_ref().is_ok_and(|vault| !was_looked_at(vault)) {
            // It wakes this object when it is through.
            return Ok(Action::await_change());
        }
        finalizer::set(&api, &context.fresh, self, FINALIZER, true).await?;
        let outcome = match vault {
            Ok(_) => settle(apply_spec(self, context, &identity).await)?,
            Err(problem) => Err(problem),
        };
        let now = context.now();
        let next = outcome.as_ref().ok().and_then(|outcome| outcome.wake(now));
        if let Ok(outcome) = &outcome {
            let known = self.status.as_ref();
            context.learned.note(&identity.uid, &outcome.states, known);
        }
        let is_new = self.status.as_ref().and_then(|it| it.observed_generation) != self.meta().generation;
        status::write(self, context, &api, outcome).await?;
        context.restarts.mark(place_of(self));
        if is_new {
            rivals::wake(context, &identity.namespace, &self.spec.vault_ref.name);
        }
        Ok(wake_at(now, next))
    }

    async fn show(&self, context: &Context, problem: &Problem) -> Result<(), Failure> {
        let api: Api<Self> = Api::namespaced(context.client.clone(), &self.namespace().unwrap_or_default());
        status::write(self, context, &api, Err(problem.clone())).await
    }

    fn shrink(&mut self) {
        if let Some(status) = &mut self.status {
            status.conditions.shrink_to_fit();
            status.keys.shrink_to_fit();
        }
    }

    fn wake_others(&self, context: &Context, _: Option<&Self>, gone: bool) {
        rivals::note(&context.rivals, self, gone);
        secret_watch::note(&context.users, self, gone);
        let uid = self.meta().uid.as_deref().unwrap_or_default();
        if gone {
            context.learned.forget(uid);
            context.remotes.forget(uid);
            context.refusals.forget(uid);
            rivals::wake(
                context,
                &self.namespace().unwrap_or_default(),
                &self.spec.vault_ref.name,
            );
        } else {
            context.learned.came(uid, self.status.as_ref());
        }
    }
}

async fn apply_spec(
    object: &VaultSecret,
    context: &Context,
    identity: &Identity,
) -> Result<apply::Outcome, Halt> {
    let place = identity.place(&object.spec.vault_ref.name, object.spec.environment())?;
    let world = gather::gather(object, context, identity, &place).await?;
    let decision = decide::decide(&object.spec, &world)?;
    let outcome = apply::apply(object, context, identity, &place, decision).await?;
    // What was copied is not lacked any more.
    let user = remote::user(object, identity);
    context.remotes.values(&user, &world.remotes.lacking);
    Ok(outcome)
}

/// Withdraws what the object declared. Nothing to withdraw is fine; a namespace that is being deleted is
/// not held up.
async fn clean_up(
    object: &VaultSecret,
    context: &Context,
    identity: &Identity,
    api: &Api<VaultSecret>,
) -> Result<Action, Failure> {
    if !finalizer::holds(object, FINALIZER) {
        return Ok(Action::await_change());
    }
    if let Ok(place) = identity.place(&object.spec.vault_ref.name, object.spec.environment()) {
        let delete = object.spec.deletion_policy() == DeletionPolicy::Delete;
        let owner = identity.owner();
        let withdrawn = if gather::may_have_left(object) {
            let whole = context
                .coffer
                .withdraw_secrets(&context.caller, &place, &owner, delete);
            whole.await
        } else {
            let names = gather::names(object);
            let named = context
                .coffer
                .withdraw_named(&context.caller, &place, &owner, &names, delete);
            named.await
        };
        match withdrawn {
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(error) if finalizer::is_ending(&context.client, &identity.namespace).await => {
                tracing::error!(object = owner.name, %error, "values stay: the namespace is being deleted");
            }
            Err(error) => return Err(error.into()),
        }
    }
    finalizer::set(api, &context.fresh, object, FINALIZER, false).await?;
    rivals::wake(context, &identity.namespace, &object.spec.vault_ref.name);
    Ok(Action::await_change())
}
