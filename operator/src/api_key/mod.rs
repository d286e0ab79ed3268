//! `ApiKey`: a key of the store, its token written to one place, rotated with an overlap in which the
//! previous token still works, and revoked with the object.

mod apply;
mod decide;
mod gather;
mod place;
mod status;

use async_trait::async_trait;
use coffer_crds::ApiKey;
use coffer_domain::Error;
use kube::{Api, Resource, ResourceExt, runtime::controller::Action};

use crate::{
    context::Context,
    controller::Kind,
    failure::Failure,
    finalizer,
    halt::{Halt, settle},
    identity::Identity,
    problem::Problem,
    reference::{referenced, was_looked_at},
    rivals,
    schedule::wake_at,
    secret_watch,
};

/// On every API key: it is revoked before its object goes.
pub const FINALIZER: &str = "coffer.dev/apikey";

#[async_trait]
impl Kind for ApiKey {
    const KIND: &'static str = "ApiKey";

    async fn reconcile(&self, context: &Context) -> Result<Action, Failure> {
        let identity = Identity::of(Self::KIND, self)?;
        let api: Api<Self> = Api::namespaced(context.client.clone(), &identity.namespace);
        if self.meta().deletion_timestamp.is_some() {
            if finalizer::holds(self, FINALIZER) {
                clean_up(self, context, &identity).await?;
                finalizer::set(&api, &context.fresh, self, FINALIZER, false).await?;
                rivals::wake(context, &identity.namespace, &self.spec.vault_ref.name);
            }
            return Ok(Action::await_change());
        }
        let vault = referenced(context, &identity.namespace, &self.spec.vault_ref.name);
        if vault.as_ref().is_ok_and(|vault| !was_looked_at(vault)) {
            // It wakes this object when it is through.
            return Ok(Action::await_change());
        }
        finalizer::set(&api, &context.fresh, self, FINALIZER, true).await?;
        let outcome = match vault {
            Ok(vault) => settle(apply_spec(self, context, &identity, &vault).await)?,
            Err(problem) => Err(problem),
        };
        let wake = outcome
            .as_ref()
            .map_or_else(|_| Vec::new(), |outcome| outcome.times(context.now()));
        status::write(self, context, &api, outcome).await?;
        Ok(wake_at(context.now(), wake))
    }

    async fn show(&self, context: &Context, problem: &Problem) -> Result<(), Failure> {
        let api: Api<Self> = Api::namespaced(context.client.clone(), &self.namespace().unwrap_or_default());
        status::write(self, context, &api, Err(problem.clone())).await
    }

    fn wake_others(&self, context: &Context, _: Option<&Self>, gone: bool) {
        rivals::note(&context.rivals, self, gone);
        secret_watch::note(&context.users, self, gone);
    }
}

async fn apply_spec(
    object: &ApiKey,
    context: &Context,
    identity: &Identity,
    vault: &coffer_crds::Vault,
) -> Result<apply::Outcome, Halt> {
    let wish = decide::wish(&object.spec, vault)?;
    let place = place::Place::find(context, identity, &object.spec).await?;
    let world = gather::gather(object, context, identity, &place).await?;
    let step = decide::decide(&wish, &world)?;
    apply::apply(object, context, identity, &place, &wish, world, step).await
}

/// Revokes whatever the object had. A namespace that is being deleted is not held up.
async fn clean_up(object: &ApiKey, context: &Context, identity: &Identity) -> Result<(), Failure> {
    match revoke_all(object, context, identity).await {
        Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
        Err(error) if finalizer::is_ending(&context.client, &identity.namespace).await => {
            let owner = identity.owner().name;
            tracing::error!(object = owner, %error, "an API key stays valid: its namespace is being deleted");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

async fn revoke_all(object: &ApiKey, context: &Context, identity: &Identity) -> Result<(), Error> {
    let Ok(organization) = identity.organization() else {
        return Ok(());
    };
    let (coffer, caller, owner) = (&context.coffer, &context.caller, identity.owner());
    while let Some(key) = coffer.owned_api_key(caller, &organization, &owner).await? {
        coffer.revoke_api_key(caller, &organization, key.id).await?;
    }
    place::withdraw(context, identity, &object.spec).await
}
