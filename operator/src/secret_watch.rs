//! Which objects a change of a core Secret concerns. Secrets are watched by their metadata alone, only in
//! the namespaces that the operator was given, and none is kept: memory does not grow with Secrets.

use std::sync::Arc;

use coffer_crds::{ApiKey, VaultSecret};
use futures::{StreamExt, future::join_all};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::PartialObjectMeta,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use tokio::sync::Barrier;

use crate::{
    context::{Context, SecretNamespaces, Shared},
    links::{Linked, Links},
};

/// Watches for as long as it is polled. `ready` is met once every watch has begun: what is read after
/// that cannot change unseen.
pub async fn watch(context: Shared, ready: Arc<Barrier>) {
    let apis: Vec<Api<PartialObjectMeta<Secret>>> = match &context.secret_namespaces {
        SecretNamespaces::All => vec![Api::all(context.client.clone())],
        SecretNamespaces::These(names) => names
            .iter()
            .map(|name| Api::namespaced(context.client.clone(), name))
            .collect(),
    };
    let begun = Arc::new(Barrier::new(apis.len() + 1));
    let watches = join_all(
        apis.into_iter()
            .map(|api| watch_one(api, &context, begun.clone())),
    );
    let tell = async {
        begun.wait().await;
        ready.wait().await;
    };
    tokio::join!(watches, tell);
}

async fn watch_one(api: Api<PartialObjectMeta<Secret>>, context: &Context, begun: Arc<Barrier>) {
    let mut events = std::pin::pin!(watcher(api, watcher::Config::default()).default_backoff());
    let mut begun = Some(begun);
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Apply(secret)) => wake(context, &secret),
            Ok(Event::Delete(secret)) => {
                if let Some(bundles) = &context.bundles {
                    bundles.deleted(&secret.namespace().unwrap_or_default(), &secret.name_any());
                }
                wake(context, &secret);
            }
            // At first everything is looked at anyway.
            Ok(Event::InitApply(secret)) if begun.is_none() => wake(context, &secret),
            Ok(Event::InitDone) => {
                if let Some(begun) = begun.take() {
                    begun.wait().await;
                } else {
                    wake_users_of_lost(context);
                }
            }
            Ok(Event::Init | Event::InitApply(_)) => {}
            Err(error) => {
                tracing::warn!(%error, "the watch of Secrets broke off; it starts again");
                // Without the right, or the cluster's answer, the objects that use no Secret go on.
                if let Some(begun) = begun.take() {
                    begun.wait().await;
                }
            }
        }
    }
}

fn wake(context: &Context, secret: &impl ResourceExt) {
    let secret = (secret.namespace().unwrap_or_default(), secret.name_any());
    for user in context.users.of(&secret) {
        user.wake(context);
    }
}

/// While the watch was broken Secrets may have gone, which no event tells: every user looks again.
fn wake_users_of_lost(context: &Context) {
    context.wake_secrets(|it| it.spec.sync.is_some() || copies(it).next().is_some());
    context.wake_keys(|it| it.spec.write_to.secret_name.is_some());
}

/// The names of Secrets that the object copies from.
fn copies(object: &VaultSecret) -> impl Iterator<Item = &str> {
    let references = object
        .spec
        .data
        .values()
        .filter_map(|entry| entry.secret_key_ref.as_ref());
    references.map(|reference| reference.name.as_str())
}

/// A core Secret, by its namespace and name.
type Name = (String, String);

/// Who mirrors to, copies from or writes to which.
pub type Users = Links<Name>;

/// Notes which Secrets the object uses, as the cache holds it from now on.
pub fn note(users: &Users, object: &impl UsesSecrets, gone: bool) {
    let names = if gone { Vec::new() } else { object.secrets() };
    let namespace = object.namespace().unwrap_or_default();
    let names = names.into_iter().map(|name| (namespace.clone(), name.to_owned()));
    users.set(object.user(), names.collect());
}

/// A kind whose objects use core Secrets of their namespace.
pub trait UsesSecrets: Linked {
    /// The names of those it uses.
    fn secrets(&self) -> Vec<&str>;
}

impl UsesSecrets for VaultSecret {
    fn secrets(&self) -> Vec<&str> {
        let mirror = self.spec.sync.as_ref().map(|sync| sync.secret_name.as_str());
        copies(self).chain(mirror).collect()
    }
}

impl UsesSecrets for ApiKey {
    fn secrets(&self) -> Vec<&str> {
        self.spec.write_to.secret_name.as_deref().into_iter().collect()
    }
}
