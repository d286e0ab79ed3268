//! Core Secrets that the operator writes: for a `VaultSecret`'s mirror and for an `ApiKey`'s token. One
//! that is not controlled by that very object is never touched. Writes name the version they were decided
//! on, so nothing that came between is overwritten, and leave no copy of a value in an annotation.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_crds::{GROUP, VERSION, condition::reason};
use coffer_domain::secret_value::SecretValue;
use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use kube::{
    Api,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions},
};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::{
    context::Context,
    failure::{Failure, code},
    halt::Halt,
    identity::Identity,
    problem::Problem,
    sources::no_right,
    status::MANAGER,
};

/// Label on every Secret that we write: the kind it was written for.
pub const MANAGED_BY: &str = "coffer.dev/managed-by";

/// A Secret as it should be.
pub struct Content {
    /// Its type.
    pub kind: &'static str,
    /// Our annotations: they say what it was written from, never a value.
    pub annotations: BTreeMap<String, String>,
    /// Its values.
    pub data: BTreeMap<String, SecretValue>,
}

/// The place where a Secret is, or will be.
pub struct Target<'a> {
    identity: &'a Identity,
    name: &'a str,
    api: Api<Secret>,
    /// What is there, and is ours.
    pub present: Option<ObjectMeta>,
}

/// Looks at the Secret `name` in `identity`'s namespace, without reading its values. A problem if it is
/// someone else's, or if the operator has no right there.
pub async fn inspect<'a>(
    context: &Context,
    identity: &'a Identity,
    name: &'a str,
) -> Result<Target<'a>, Halt> {
    if !context.secret_namespaces.contains(&identity.namespace) {
        return Err(no_right(&identity.namespace).into());
    }
    let api: Api<Secret> = Api::namespaced(context.client.clone(), &identity.namespace);
    let present = match api.get_metadata_opt(name).await {
        Ok(found) => found.map(|found| found.metadata),
        Err(error) if code(&error) == 403 => return Err(no_right(&identity.namespace).into()),
        Err(error) => return Err(Failure::cluster("look at a Secret")(error).into()),
    };
    if present
        .as_ref()
        .is_some_and(|meta| !is_controlled_by(meta, identity))
    {
        return Err(not_ours(identity, name).into());
    }
    Ok(Target {
        identity,
        name,
        api,
        present,
    })
}

fn not_ours(identity: &Identity, name: &str) -> Problem {
    let message = format!(
        "Secret {name} exists and was not made for this {}; rename one of the two, or delete that Secret",
        identity.kind
    );
    Problem::stalled(reason::SECRET_NOT_OURS, message)
}

/// Whether `identity`'s object, and no other of its name, controls the Secret.
fn is_controlled_by(meta: &ObjectMeta, identity: &Identity) -> bool {
    let controller = meta
        .owner_references
        .iter()
        .flatten()
        .find(|owner| owner.controller == Some(true));
    controller.is_some_and(|owner| owner.uid == identity.uid && owner.kind == identity.kind)
}

impl Target<'_> {
    /// The Secret's name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The value of one of our annotations.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.present
            .as_ref()?
            .annotations
            .as_ref()?
            .get(key)
            .map(String::as_str)
    }

    /// Whether the Secret holds these keys as we wrote them: the API server records who wrote which field.
    pub fn is_untouched<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> bool {
        self.present.as_ref().is_some_and(|meta| holds(meta, keys))
    }

    /// Whether the Secret may be put right after others changed it.
    pub fn check_repair(&self, context: &Context) -> Result<(), Failure> {
        let uid = self.present.as_ref().and_then(|meta| meta.uid.as_deref());
        match uid {
            Some(uid) if !context.repairs.allows(uid, Instant::now()) => {
                Err(Failure::Contested(self.name.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Makes the Secret so. Its uid.
    pub async fn write(&self, content: &Content) -> Result<String, Halt> {
        let Some(present) = &self.present else {
            return self.create(content).await;
        };
        let patch = Patch::Merge(self.patch(present, content));
        match self
            .api
            .patch_metadata(self.name, &PatchParams::apply(MANAGER), &patch)
            .await
        {
            Ok(written) => Ok(written.metadata.uid.unwrap_or_default()),
            // A type cannot change, nor anything of an immutable one; it is ours, so it may be made anew.
            Err(error) if code(&error) == 422 => {
                self.delete(present).await?;
                self.create(content).await
            }
            Err(error) => Err(self.refused("write a Secret", error)),
        }
    }

    async fn create(&self, content: &Content) -> Result<String, Halt> {
        let params = PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PostParams::default()
        };
        match self.api.create(&params, &self.fresh(content)).await {
            Ok(written) => Ok(written.metadata.uid.unwrap_or_default()),
            Err(error) => Err(self.refused("create a Secret", error)),
        }
    }

    async fn delete(&self, present: &ObjectMeta) -> Result<(), Halt> {
        let (uid, resource_version) = (present.uid.clone(), present.resource_version.clone());
        let preconditions = Some(Preconditions {
            uid,
            resource_version,
        });
        let params = DeleteParams {
            preconditions,
            ..DeleteParams::default()
        };
        match self.api.delete(self.name, &params).await {
            Ok(_) => Ok(()),
            Err(error) if code(&error) == 404 => Ok(()),
            Err(error) => Err(self.refused("delete a Secret", error)),
        }
    }

    /// What cannot be mended by trying again is told; its words are not, for they may quote a value.
    fn refused(&self, action: &'static str, error: kube::Error) -> Halt {
        match code(&error) {
            403 => no_right(&self.identity.namespace).into(),
            422 => {
                let message = format!(
                    "the API server refuses Secret {}: its keys or values do not fit its type",
                    self.name
                );
                Problem::stalled(reason::SECRET_REFUSED, message).into()
            }
            _ => Failure::cluster(action)(error).into(),
        }
    }

    fn fresh(&self, content: &Content) -> Secret {
        let data = content
            .data
            .iter()
            .map(|(key, value)| (key.clone(), ByteString(value.reveal().to_vec())));
        Secret {
            metadata: ObjectMeta {
                name: Some(self.name.to_owned()),
                namespace: Some(self.identity.namespace.clone()),
                annotations: Some(content.annotations.clone()),
                labels: Some(BTreeMap::from([(
                    MANAGED_BY.to_owned(),
                    self.identity.kind.to_owned(),
                )])),
                owner_references: Some(vec![owner(self.identity)]),
                ..ObjectMeta::default()
            },
            type_: Some(content.kind.to_owned()),
            data: Some(data.collect()),
            ..Secret::default()
        }
    }

    /// A merge patch on exactly the version that was looked at. Keys that we wrote once go.
    fn patch(&self, present: &ObjectMeta, content: &Content) -> Value {
        let gone = our_keys(present)
            .into_iter()
            .filter(|key| !content.data.contains_key(key));
        let mut data: Map<String, Value> = gone.map(|key| (key, Value::Null)).collect();
        let values = content.data.iter();
        data.extend(values.map(|(key, value)| (key.clone(), BASE64_STANDARD.encode(value.reveal()).into())));
        let mut annotations: Map<String, Value> = Map::new();
        // An older kubectl would have left a whole copy of the data here.
        annotations.insert(
            "kubectl.kubernetes.io/last-applied-configuration".to_owned(),
            Value::Null,
        );
        annotations.extend(
            content
                .annotations
                .iter()
                .map(|(key, value)| (key.clone(), value.clone().into())),
        );
        json!({
            "metadata": {
                "uid": present.uid,
                "resourceVersion": present.resource_version,
                "annotations": annotations,
                "labels": { MANAGED_BY: self.identity.kind },
            },
            "type": content.kind,
            "data": data,
        })
    }
}

/// Deletes every Secret that we wrote for this object, but `kept`.
pub async fn remove_others(context: &Context, identity: &Identity, kept: &str) -> Result<(), Halt> {
    if !context.secret_namespaces.contains(&identity.namespace) {
        return Ok(());
    }
    let api: Api<Secret> = Api::namespaced(context.client.clone(), &identity.namespace);
    let ours = ListParams::default().labels(&format!("{MANAGED_BY}={}", identity.kind));
    let found = api
        .list_metadata(&ours)
        .await
        .map_err(Failure::cluster("list Secrets"))?;
    let names = found.items.into_iter().filter_map(|found| found.metadata.name);
    for name in names.filter(|name| name != kept) {
        remove(context, identity, &name).await?;
    }
    Ok(())
}

/// Deletes a Secret that we wrote once and that is not asked for any more; anything else stays.
pub async fn remove(context: &Context, identity: &Identity, name: &str) -> Result<(), Halt> {
    match inspect(context, identity, name).await {
        Ok(target) => match &target.present {
            Some(present) => target.delete(present).await,
            None => Ok(()),
        },
        Err(Halt::Problem(_)) => Ok(()),
        Err(failure) => Err(failure),
    }
}

fn owner(identity: &Identity) -> OwnerReference {
    OwnerReference {
        api_version: format!("{GROUP}/{VERSION}"),
        kind: identity.kind.to_owned(),
        name: identity.name.clone(),
        uid: identity.uid.clone(),
        controller: Some(true),
        block_owner_deletion: None,
    }
}

fn holds<'k>(meta: &ObjectMeta, keys: impl IntoIterator<Item = &'k str>) -> bool {
    if meta.managed_fields.as_ref().is_none_or(Vec::is_empty) {
        // Nobody recorded who wrote what: there is nothing to go by, and rewriting would never end.
        return true;
    }
    let ours = our_keys(meta);
    keys.into_iter().all(|key| ours.contains(key))
}

/// The keys of `data` that we were the last to write.
fn our_keys(meta: &ObjectMeta) -> BTreeSet<String> {
    let entries = meta.managed_fields.iter().flatten();
    let ours = entries.filter(|entry| entry.manager.as_deref() == Some(MANAGER));
    let fields = ours.filter_map(|entry| entry.fields_v1.as_ref()?.0.get("f:data")?.as_object());
    let keys = fields
        .flat_map(Map::keys)
        .filter_map(|key| key.strip_prefix("f:"));
    keys.map(str::to_owned).collect()
}

#[cfg(test)]
#[path = "synced_tests.rs"]
mod tests;
