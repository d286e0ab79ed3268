//! Finalizers: put on before anything is stored for an object, taken off when that is cleaned up. A
//! namespace that is being deleted is never held up: there, cleaning up that fails is skipped.

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{Patch, PatchParams},
};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{
    failure::{Failure, code},
    fresh::Fresh,
    status::MANAGER,
};

/// Whether `object` carries `finalizer`.
pub fn holds<K: Resource>(object: &K, finalizer: &str) -> bool {
    object.finalizers().iter().any(|name| name == finalizer)
}

/// Puts `finalizer` on or takes it off, if it is not so already. Whether anything was written.
pub async fn set<K>(
    api: &Api<K>,
    fresh: &Fresh,
    object: &K,
    finalizer: &str,
    wanted: bool,
) -> Result<bool, Failure>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
{
    if holds(object, finalizer) == wanted {
        return Ok(false);
    }
    let others = object
        .finalizers()
        .iter()
        .filter(|name| *name != finalizer)
        .cloned();
    let list: Vec<String> = others.chain(wanted.then(|| finalizer.to_owned())).collect();
    let meta = object.meta();
    // The version guards the finalizers of others.
    let patch =
        json!({"metadata": {"uid": meta.uid, "resourceVersion": meta.resource_version, "finalizers": list}});
    let name = object.name_any();
    // Of the answer only the version is wanted.
    match api
        .patch_metadata(&name, &PatchParams::apply(MANAGER), &Patch::Merge(patch))
        .await
    {
        Ok(written) => fresh.wrote(&written.metadata),
        Err(error) if !wanted && code(&error) == 404 => {}
        Err(error) => return Err(Failure::cluster("write the finalizers")(error)),
    }
    Ok(true)
}

/// Whether `namespace` is being deleted, or gone. Not knowing counts as no.
pub async fn is_ending(client: &Client, namespace: &str) -> bool {
    let api: Api<Namespace> = Api::all(client.clone());
    match api.get_metadata_opt(namespace).await {
        Ok(found) => found.is_none_or(|it| it.metadata.deletion_timestamp.is_some()),
        Err(error) => {
            tracing::warn!(%error, namespace, "cannot tell whether the namespace is being deleted");
            false
        }
    }
}
