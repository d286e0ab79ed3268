//! The cluster, and a namespace of its own for each test.

use std::sync::{
    LazyLock,
    atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, bail};
use k8s_openapi::{
    api::core::v1::{Event, Namespace as CoreNamespace, Pod},
    serde::de::DeserializeOwned,
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams},
    core::{ApiResource, GroupVersionKind, NamespaceResourceScope},
};
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::wait::eventually;

static TURN: LazyLock<RwLock<()>> = LazyLock::new(RwLock::default);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Held by a test that others may run beside.
pub async fn beside() -> RwLockReadGuard<'static, ()> {
    TURN.read().await
}

/// Held by a test that breaks something they all need.
pub async fn alone() -> RwLockWriteGuard<'static, ()> {
    TURN.write().await
}

/// A namespace of one test's own. [`Namespace::end`] deletes it; a failed test leaves it to be looked at.
pub struct Namespace {
    /// Talks to the API server.
    pub client: Client,
    /// Its name.
    pub name: String,
}

impl Namespace {
    /// A new namespace, with the labels given.
    pub async fn new(test: &str, labels: Value) -> Result<Self> {
        // Another crate in the build may bring a second provider: name ours.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::try_default()
            .await
            .context("no cluster: set KUBECONFIG, or use e2e/run")?;
        let name = format!(
            "e2e-{test}-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let namespace = Self { client, name };
        let manifest = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace.name, "labels": labels}});
        namespace.apply(manifest).await?;
        Ok(namespace)
    }

    /// Objects of one kind in this namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// Applies a manifest as `kubectl apply --server-side` does.
    pub async fn apply(&self, manifest: Value) -> Result<DynamicObject> {
        let object: DynamicObject = serde_json::from_value(manifest)?;
        let types = object
            .types
            .clone()
            .context("a manifest has apiVersion and kind")?;
        let (group, version) = types
            .api_version
            .split_once('/')
            .unwrap_or(("", &types.api_version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &types.kind));
        let api: Api<DynamicObject> = if types.kind == "Namespace" {
            Api::all_with(self.client.clone(), &resource)
        } else {
            Api::namespaced_with(self.client.clone(), &self.name, &resource)
        };
        let params = PatchParams::apply("kubectl").force();
        Ok(api
            .patch(&object.name_any(), &params, &Patch::Apply(&object))
            .await?)
    }

    /// Applies a manifest that must be refused; returns the reason.
    pub async fn refused(&self, manifest: Value) -> Result<String> {
        match self.apply(manifest).await {
            Ok(object) => bail!("{} was accepted", object.name_any()),
            Err(error) => Ok(format!("{error:#}")),
        }
    }

    /// Waits until `check` holds of the object called `name`.
    pub async fn until<K, T>(&self, name: &str, check: impl Fn(&K) -> Result<T>) -> Result<T>
    where
        K: Resource<Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
        K::DynamicType: Default,
    {
        let api = self.api::<K>();
        eventually(&format!("{}/{name}", self.name), || async {
            check(&api.get(name).await?)
        })
        .await
    }

    /// Waits until the pod called `name` is ready.
    pub async fn ready(&self, name: &str) -> Result<Pod> {
        self.until(name, |pod: &Pod| {
            let status = pod.status.clone().unwrap_or_default();
            let ready = status
                .conditions
                .iter()
                .flatten()
                .any(|c| c.type_ == "Ready" && c.status == "True");
            if ready {
                Ok(pod.clone())
            } else {
                bail!("not ready: {}", explain(pod))
            }
        })
        .await
    }

    /// The messages of all Events in this namespace.
    pub async fn events(&self) -> Result<Vec<String>> {
        let events = self.api::<Event>().list(&ListParams::default()).await?;
        let line = |event: Event| {
            format!(
                "{} {}",
                event.reason.unwrap_or_default(),
                event.message.unwrap_or_default()
            )
        };
        Ok(events.into_iter().map(line).collect())
    }

    /// Deletes the namespace and waits until it is gone: nothing of ours may hold it up.
    pub async fn end(self) -> Result<()> {
        let api: Api<CoreNamespace> = Api::all(self.client.clone());
        api.delete(&self.name, &DeleteParams::default()).await?;
        eventually(&format!("namespace {} is gone", self.name), || async {
            match api.get_opt(&self.name).await? {
                None => Ok(()),
                Some(namespace) => bail!("{:?}", namespace.status),
            }
        })
        .await
    }
}

/// What a pod's status says of its containers.
fn explain(pod: &Pod) -> String {
    let status = pod.status.clone().unwrap_or_default();
    let containers = status
        .init_container_statuses
        .into_iter()
        .flatten()
        .chain(status.container_statuses.into_iter().flatten());
    let said = containers.map(|c| format!("{}: {:?} last {:?}", c.name, c.state, c.last_state));
    said.collect::<Vec<_>>().join("; ")
}
