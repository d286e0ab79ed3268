//! What needs a cluster with the chart installed: pods that start, values that change in them, many resources
//! at once, and how quiet it is afterwards.

mod apply;
mod flow;
mod idle;
mod many;
mod operator;
mod rotation;
mod scale;
mod start;

use anyhow::Result;
use coffer_crds::VaultSecret;
use coffer_e2e::{Namespace, condition, vault, vault_secret};
use serde_json::{Value, json};
use tokio::runtime::{Handle, Runtime};

use crate::{Topic, cli::Settings};

/// The topics, in the order of the table.
pub const TOPICS: &[Topic<Bench>] = &[
    ("start", "Pod start", |bench| {
        bench.runtime.block_on(start::measure(&bench.settings))
    }),
    (
        "rotation",
        "Rotation to new file content in a running pod",
        |bench| bench.runtime.block_on(rotation::measure(&bench.settings)),
    ),
    (
        "many",
        "Many VaultSecrets at once, and idle afterwards",
        |bench| bench.runtime.block_on(many::measure(&bench.settings)),
    ),
    (
        "scale",
        "Very many VaultSecrets, beside very many Secrets of others",
        |bench| bench.runtime.block_on(scale::measure(&bench.settings)),
    ),
];

/// What the measurements share.
pub struct Bench {
    settings: Settings,
    runtime: Handle,
}

impl Bench {
    /// On the cluster that `KUBECONFIG` names.
    pub fn prepare(settings: &Settings, runtime: &Runtime) -> Self {
        Self {
            settings: settings.clone(),
            runtime: runtime.handle().clone(),
        }
    }
}

/// A namespace with a vault `app` that every pod of it may read.
async fn namespace(topic: &str) -> Result<Namespace> {
    let namespace = Namespace::new(&format!("bench-{topic}"), json!({})).await?;
    namespace.apply(vault("app")).await?;
    Ok(namespace)
}

/// A generated secret `TOKEN` in it, in place.
async fn token(namespace: &Namespace) -> Result<()> {
    let data = json!({"TOKEN": {"generate": {"type": "hex"}}});
    namespace.apply(vault_secret("app", "app", data)).await?;
    namespace.until("app", ready).await
}

/// Whether a `VaultSecret` says that everything asked for is in place.
fn ready(secret: &VaultSecret) -> Result<()> {
    let status = secret.status.clone().unwrap_or_default();
    condition(&status.conditions, "Ready", "True").map(drop)
}

/// The annotations of a pod that opts in, with `more` of them.
fn opted_in(more: &[(&str, &str)]) -> Value {
    let fixed = [("inject", "true"), ("vault", "app")];
    let pairs = fixed.iter().chain(more);
    pairs
        .map(|(key, value)| (format!("coffer.dev/{key}"), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
