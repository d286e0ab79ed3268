//! What users and their tools wrote of our kinds, watched: our controllers may write a status, and nothing else.

use std::sync::Arc;

use anyhow::{Result, ensure};
use futures::StreamExt;
use kube::{
    Api,
    api::{DynamicObject, ListParams, WatchEvent, WatchParams},
    core::{ApiResource, GroupVersionKind},
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::Namespace;

/// Our controllers' field manager.
const OPERATOR: &str = "coffer-operator";
const KINDS: [&str; 3] = ["Vault", "VaultSecret", "ApiKey"];

/// Every state that an object of ours was in.
pub struct Untouched {
    /// Of each object at the beginning.
    before: Vec<Value>,
    seen: Arc<Mutex<Vec<Value>>>,
    watches: Vec<JoinHandle<()>>,
}

impl Untouched {
    /// Watches all objects of our kinds in `namespace`, of which there are some.
    pub async fn since_now(namespace: &Namespace) -> Result<Self> {
        let (mut before, mut watches) = (Vec::new(), Vec::new());
        let seen = Arc::<Mutex<Vec<Value>>>::default();
        for kind in KINDS {
            let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("coffer.dev", "v1alpha1", kind));
            let api: Api<DynamicObject> =
                Api::namespaced_with(namespace.client.clone(), &namespace.name, &resource);
            let list = api.list(&ListParams::default()).await?;
            let version = list.metadata.resource_version.clone().unwrap_or_default();
            for object in &list.items {
                before.push(of_others(kind, object)?);
            }
            let kept = seen.clone();
            watches.push(tokio::spawn(async move {
                let Ok(events) = api.watch(&WatchParams::default(), &version).await else {
                    return;
                };
                let mut events = std::pin::pin!(events);
                while let Some(Ok(event)) = events.next().await {
                    let object = match event {
                        WatchEvent::Added(object)
                        | WatchEvent::Modified(object)
                        | WatchEvent::Deleted(object) => of_others(kind, &object),
                        _ => continue,
                    };
                    kept.lock().push(object.unwrap_or_default());
                }
            }));
        }
        ensure!(!before.is_empty(), "there is nothing to watch");
        Ok(Self {
            before,
            seen,
            watches,
        })
    }

    /// Fails unless objects changed, and of what is others' nothing did.
    pub fn check(self) -> Result<()> {
        self.watches.iter().for_each(JoinHandle::abort);
        let seen = self.seen.lock();
        ensure!(!seen.is_empty(), "no status changed: nothing is proven");
        for object in seen.iter() {
            ensure!(
                self.before.contains(object),
                "{object:#} was not so before: {:#}",
                Value::from(self.before.clone())
            );
        }
        Ok(())
    }
}

/// All of an object that is not our controllers'.
fn of_others(kind: &str, object: &DynamicObject) -> Result<Value> {
    let meta = serde_json::to_value(&object.metadata)?;
    let fields: Vec<&Value> = meta["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|entry| entry["manager"] != OPERATOR)
        .collect();
    Ok(json!({
        "kind": kind, "name": meta["name"], "uid": meta["uid"], "generation": meta["generation"], "labels": meta["labels"],
        "annotations": meta["annotations"], "spec": object.data["spec"], "managedFields": fields,
    }))
}
