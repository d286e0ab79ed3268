//! `Vault`: applied to the store as it is; dropped with everything in it only when its user asked for that.

mod apply;
mod decide;
mod gather;
mod sealing;
mod status;

use async_trait::async_trait;
use coffer_crds::{DeletionPolicy, Vault};
use kube::{
    Api, Resource, ResourceExt,
    runtime::{controller::Action, reflector::ObjectRef},
};

use crate::{
    context::Context, controller::Kind, failure::Failure, finalizer, halt::settle, identity::Identity,
    problem::Problem, schedule::wake_at,
};

/// On vaults whose end ends what is stored, and on no others.
pub const FINALIZER: &str = "coffer.dev/vault";

#[async_trait]
impl Kind for Vault {
    const KIND: &'static str = "Vault";

    async fn reconcile(&self, context: &Context) -> Result<Action, Failure> {
        let identity = Identity::of(Self::KIND, self)?;
        let api: Api<Self> = Api::namespaced(context.client.clone(), &identity.namespace);
        if self.meta().deletion_timestamp.is_some() {
            if finalizer::holds(self, FINALIZER) {
                apply::clean_up(context, &identity).await?;
                finalizer::set(&api, &context.fresh, self, FINALIZER, false).await?;
            }
            return Ok(Action::await_change());
        }
        let wanted = self.spec.deletion_policy() == DeletionPolicy::Delete;
        finalizer::set(&api, &context.fresh, self, FINALIZER, wanted).await?;
        let applied = settle(apply_spec(self, context, &identity).await)?;
        let sealing = applied.as_ref().ok().map(|applied| &applied.sealing);
        if let Some(sealing) = sealing.filter(|sealing| sealing.rotated) {
            sealing::tell(self, context, sealing).await;
        }
        let next = sealing.and_then(|sealing| sealing.next);
        status::write(self, context, &api, applied).await?;
        Ok(wake_at(context.now(), next))
    }

    async fn show(&self, context: &Context, problem: &Problem) -> Result<(), Failure> {
        let api: Api<Self> = Api::namespaced(context.client.clone(), &self.namespace().unwrap_or_default());
        status::write(self, context, &api, Err(problem.clone())).await
    }

    fn wake_others(&self, context: &Context, before: Option<&Self>, gone: bool) {
        if gone {
            gather::forget(self, context);
        }
        if gone || before.is_none_or(|before| gather::outlook(before) != gather::outlook(self)) {
            wake_dependents(self, context);
        }
    }
}

async fn apply_spec(
    vault: &Vault,
    context: &Context,
    identity: &Identity,
) -> Result<apply::Applied, crate::halt::Halt> {
    let organization = identity.organization()?;
    let settings = decide::settings(&vault.spec, identity)?;
    let key_rotation = decide::key_rotation(&vault.spec)?;
    apply::apply(context, &organization, identity, settings, key_rotation.as_ref()).await
}

/// Everything that refers to this vault.
fn wake_dependents(vault: &Vault, context: &Context) {
    let (namespace, name) = (vault.namespace(), vault.name_any());
    for secret in context.caches.secrets.state() {
        if secret.namespace() == namespace && secret.spec.vault_ref.name == name {
            context.mail.secrets.send(ObjectRef::from_obj(&*secret));
        }
    }
    for key in context.caches.keys.state() {
        if key.namespace() == namespace && key.spec.vault_ref.name == name {
            context.mail.keys.send(ObjectRef::from_obj(&*key));
        }
    }
}
