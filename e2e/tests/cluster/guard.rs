//! With the injector gone, opted-in pods are refused with a clear message, and every other pod starts.

use anyhow::{Result, bail, ensure};
use coffer_e2e::{Namespace, SYSTEM_NAMESPACE, alone, eventually, vault, vault_secret, web_pod};
use k8s_openapi::api::{
    admissionregistration::v1::MutatingWebhookConfiguration,
    apps::v1::Deployment,
    core::v1::{Pod, Secret},
};
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::json;

async fn scale(namespace: &Namespace, replicas: i32) -> Result<()> {
    let injector: Api<Deployment> = Api::namespaced(namespace.client.clone(), SYSTEM_NAMESPACE);
    let patch = json!({"spec": {"replicas": replicas}});
    injector
        .patch("coffer-injector", &PatchParams::default(), &Patch::Merge(patch))
        .await?;
    eventually("the injector is scaled", || async {
        let status = injector.get("coffer-injector").await?.status.unwrap_or_default();
        if status.ready_replicas.unwrap_or(0) == replicas {
            Ok(())
        } else {
            bail!("{status:?}")
        }
    })
    .await?;
    // The API server keeps connections to a pod that is ending: it is gone when its pod is.
    let pods: Api<Pod> = Api::namespaced(namespace.client.clone(), SYSTEM_NAMESPACE);
    let injectors = ListParams::default().labels("app.kubernetes.io/component=injector");
    eventually("pods follow", || async {
        let count = pods.list_metadata(&injectors).await?.items.len();
        ensure!(count == usize::try_from(replicas)?, "{count} pods");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_missing_injector_refuses_only_opted_in_pods() -> Result<()> {
    let _turn = alone().await;
    let namespace = Namespace::new("guard", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace
        .apply(vault_secret(
            "app",
            "app",
            json!({"TOKEN": {"generate": {"type": "hex"}}}),
        ))
        .await?;
    let annotations = [("inject", "true"), ("vault", "app"), ("env", "TOKEN")];
    scale(&namespace, 0).await?;
    let refused = namespace.refused(web_pod("web", &annotations)).await;
    let plain = namespace.apply(web_pod("plain", &[])).await;
    let started = namespace.ready("plain").await;
    scale(&namespace, 2).await?;
    let refused = refused?;
    ensure!(
        refused.contains("injector") && refused.contains("kubectl"),
        "says what is missing and where to look: {refused}"
    );
    plain?;
    started?;
    // The Service's rules follow the pods.
    eventually("the injector answers", || {
        namespace.apply(web_pod("web", &annotations))
    })
    .await?;
    namespace.ready("web").await?;
    namespace.end().await
}

/// As the chart installs it: no certificates, and a webhook configuration that trusts nobody.
async fn forget_certificates(namespace: &Namespace) -> Result<()> {
    let client = namespace.client.clone();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), SYSTEM_NAMESPACE);
    let params = PatchParams::default();
    let empty = Patch::Merge(json!({"data": null}));
    secrets.patch("coffer-injector-tls", &params, &empty).await?;
    let webhooks: Api<MutatingWebhookConfiguration> = Api::all(client);
    let bare = json!({"webhooks": [{"name": "pods.coffer.dev", "clientConfig": {"caBundle": null}}]});
    webhooks
        .patch("coffer-injector", &params, &Patch::Strategic(bare))
        .await?;
    Ok(())
}

/// Starts the injector, and waits for it as `helm --wait` and `kubectl rollout status` do.
async fn start(namespace: &Namespace) -> Result<()> {
    let injector: Api<Deployment> = Api::namespaced(namespace.client.clone(), SYSTEM_NAMESPACE);
    let patch = Patch::Merge(json!({"spec": {"replicas": 2}}));
    let asked = injector
        .patch("coffer-injector", &PatchParams::default(), &patch)
        .await?;
    eventually("the injector is there", || async {
        let status = injector.get("coffer-injector").await?.status.unwrap_or_default();
        ensure!(
            status.observed_generation >= asked.metadata.generation && status.available_replicas == Some(2),
            "{status:?}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_first_pod_after_an_injectors_first_start_is_admitted() -> Result<()> {
    let _turn = alone().await;
    let namespace = Namespace::new("first", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace
        .apply(vault_secret(
            "app",
            "app",
            json!({"TOKEN": {"generate": {"type": "hex"}}}),
        ))
        .await?;
    scale(&namespace, 0).await?;
    let forgotten = forget_certificates(&namespace).await;
    start(&namespace).await?;
    forgotten?;
    let annotations = [("inject", "true"), ("vault", "app"), ("env", "TOKEN")];
    namespace.apply(web_pod("web", &annotations)).await?;
    namespace.ready("web").await?;
    namespace.end().await
}

#[tokio::test]
async fn a_forged_marker_does_not_pass() -> Result<()> {
    let _turn = coffer_e2e::beside().await;
    let namespace = Namespace::new("forged", json!({})).await?;
    let refused = namespace
        .refused(web_pod(
            "web",
            &[("inject", "true"), ("vault", "app"), ("status", "injected")],
        ))
        .await?;
    ensure!(refused.contains("coffer.dev/status"), "{refused}");
    namespace.end().await
}
