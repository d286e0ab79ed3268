//! Pods that are held until what they want is there: they start when it comes, however late, and go when they are deleted.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use coffer_e2e::{Api, App, Namespace, PATIENCE, beside, eventually, vault, vault_secret, web_pod};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::api::{DeleteParams, WatchEvent, WatchParams};
use serde_json::json;
use tokio::time::timeout;

use crate::first_light::reader;

/// Longer than a hook waits for a server that does not answer.
const LONG: Duration = Duration::from_secs(40);

#[expect(
    clippy::disallowed_methods,
    reason = "compared with what the cluster wrote down"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

fn agent(pod: &Pod) -> Result<ContainerStatus> {
    let status = pod.status.clone().unwrap_or_default();
    let agents = status.init_container_statuses.unwrap_or_default();
    agents.into_iter().next().context("no agent")
}

async fn held(namespace: &Namespace, pod: &str, words: &[&str]) -> Result<()> {
    eventually(&format!("an Event says why {pod} is held"), || async {
        let events = namespace.events().await?;
        let said = |event: &String| words.iter().all(|word| event.contains(word));
        ensure!(events.iter().any(said), "{events:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_held_pod_starts_when_its_value_comes_however_late() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("late", json!({})).await?;
    let annotations = [("inject", "true"), ("vault", "app"), ("env", "LATE")];
    namespace.apply(web_pod("web", &annotations)).await?;
    held(&namespace, "web", &["vault", "app"]).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    namespace
        .apply(vault_secret("app", "app", json!({"LATE": {"external": {}}})))
        .await?;
    held(&namespace, "web", &["LATE"]).await?;
    namespace
        .until("web", |pod: &Pod| {
            let created = pod.metadata.creation_timestamp.clone().context("a time")?.0;
            let age = now().duration_since(created);
            ensure!(age.unsigned_abs() > LONG, "held for {age:#} only");
            Ok(())
        })
        .await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    api.put("app", "LATE", "at last").await?;
    let pod = namespace.ready("web").await?;
    ensure!(App::new(&namespace, "web").variable("LATE").await? == "at last");
    let agent = agent(&pod)?;
    ensure!(
        agent.restart_count == 0,
        "one hook waited all the time: {agent:?}"
    );
    namespace.end().await
}

#[tokio::test]
async fn a_held_pod_that_is_deleted_goes_without_its_hooks_full_wait() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("let-go", json!({})).await?;
    namespace.apply(vault("app")).await?;
    let annotations = [("inject", "true"), ("vault", "app"), ("env", "NEVER")];
    namespace.apply(web_pod("web", &annotations)).await?;
    held(&namespace, "web", &["NEVER"]).await?;
    let pods = namespace.api::<Pod>();
    let version = pods
        .get("web")
        .await?
        .metadata
        .resource_version
        .context("a version")?;
    let only = WatchParams::default().fields("metadata.name=web");
    let mut changes = pods.watch(&only, &version).await?.boxed();
    pods.delete("web", &DeleteParams::default()).await?;
    let last = timeout(PATIENCE, async {
        while let Some(change) = changes.try_next().await? {
            if let WatchEvent::Deleted(pod) = change {
                return Ok(pod);
            }
        }
        bail!("the watch ended first")
    })
    .await??;
    let agent = agent(&last)?;
    let ended = agent.state.as_ref().and_then(|state| state.terminated.clone());
    let ended = ended.with_context(|| format!("{agent:?}"))?;
    ensure!(
        ended.exit_code == 0
            && ended
                .message
                .as_deref()
                .is_some_and(|it| it.contains("being deleted")),
        "it was let go, not killed: {agent:?}"
    );
    namespace.end().await
}
