//! Many `VaultSecrets` at once, and when each is Ready, as a watcher sees it.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use coffer_crds::VaultSecret;
use coffer_e2e::{Namespace, vault_secret};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use kube::{
    Api, ResourceExt,
    api::PostParams,
    runtime::{
        WatchStreamExt,
        watcher::{self, watcher},
    },
};
use serde_json::json;
use tokio::time::timeout;

use crate::node::ready;

/// How it went.
#[derive(Debug, Clone, Copy)]
pub struct Applied {
    /// From the first create to the answer to the last.
    pub creating: Duration,
    /// From then until the last was Ready; nothing if it was so already.
    pub settling: Duration,
}

/// Creates so many, `at_once` being on their way at a time, and waits until all are Ready, `patience` at most.
pub async fn apply(namespace: &Namespace, count: u32, at_once: usize, patience: Duration) -> Result<Applied> {
    let secrets: Api<VaultSecret> = namespace.api();
    let watched = tokio::spawn(last_ready(secrets.clone(), usize::try_from(count)?));
    let start = Instant::now();
    let creates = stream::iter(0..count).map(|n| create(&secrets, n));
    creates
        .buffer_unordered(at_once)
        .try_for_each(|()| async { Ok(()) })
        .await?;
    let created = Instant::now();
    let last = timeout(patience, watched)
        .await
        .with_context(|| format!("not all Ready after {patience:?}"))???;
    Ok(Applied {
        creating: created - start,
        settling: last.saturating_duration_since(created),
    })
}

async fn create(secrets: &Api<VaultSecret>, n: u32) -> Result<()> {
    let data = json!({format!("KEY_{n}"): {"generate": {"type": "password"}}});
    let secret = serde_json::from_value(vault_secret(&format!("secret-{n:04}"), "app", data))?;
    secrets.create(&PostParams::default(), &secret).await?;
    Ok(())
}

/// When the last of `count` became Ready.
async fn last_ready(secrets: Api<VaultSecret>, count: usize) -> Result<Instant> {
    let seen = watcher(secrets, watcher::Config::default()).applied_objects();
    follow(seen, count).await
}

async fn follow(seen: impl Stream<Item = watcher::Result<VaultSecret>>, count: usize) -> Result<Instant> {
    let mut seen = std::pin::pin!(seen);
    let mut done = HashSet::new();
    while let Some(secret) = seen.next().await {
        let secret = secret?;
        if ready(&secret).is_ok() && done.insert(secret.name_any()) && done.len() == count {
            return Ok(Instant::now());
        }
    }
    ensure!(done.len() == count, "the watch ended");
    bail!("nothing was to be waited for")
}
