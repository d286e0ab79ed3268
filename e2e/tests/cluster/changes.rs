//! What follows a new version in a real cluster: a restart that brings it, one that is taken back, a signal.

use anyhow::{Context, Result, bail, ensure};
use coffer_crds::VaultSecret;
use coffer_e2e::{APP_IMAGE, Api, App, Namespace, beside, condition, eventually, vault, web_pod};
use k8s_openapi::api::{
    apps::v1::{Deployment, ReplicaSet},
    core::v1::Pod,
};
use kube::api::ListParams;
use reqwest::Method;
use serde_json::{Value, json};

use crate::first_light::reader;

/// SHA-256 of `good`.
const GOOD: &str = "770e607624d689265ca6c44884d0807d9b054d23c473c106c72be9de08b7376c";

/// Ready only while `MODE` is `good`.
fn deployment() -> Value {
    let annotations = json!({"coffer.dev/inject": "true", "coffer.dev/vault": "app", "coffer.dev/env": "TOKEN,MODE",
        "coffer.dev/on-change": "restart"});
    let check = format!("MODE={GOOD}");
    let container = json!({
        "name": "web", "image": APP_IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["/testapp"], "args": ["serve"],
        "readinessProbe": {"exec": {"command": ["/testapp", "check", check]}, "periodSeconds": 1, "timeoutSeconds": 10},
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}, "annotations": annotations},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
        }},
    })
}

/// The one pod that is ready and stays.
async fn pod(namespace: &Namespace) -> Result<String> {
    let pods = namespace
        .api::<Pod>()
        .list(&ListParams::default().labels("app=web"))
        .await?;
    let mut ready = pods.items.into_iter().filter(|pod| {
        let conditions = pod.status.as_ref().and_then(|status| status.conditions.clone());
        let is_ready = conditions
            .into_iter()
            .flatten()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True");
        pod.metadata.deletion_timestamp.is_none() && is_ready
    });
    let found = ready
        .next()
        .and_then(|pod| pod.metadata.name)
        .context("no pod is ready")?;
    ensure!(ready.next().is_none(), "more than one pod is ready");
    Ok(found)
}

async fn variable(namespace: &Namespace, name: &str) -> Result<String> {
    let pod = pod(namespace).await?;
    App::new(namespace, &pod).variable(name).await
}

async fn is_rolled_out(namespace: &Namespace) -> Result<()> {
    namespace
        .until("app", |secret: &VaultSecret| {
            let status = secret.status.clone().unwrap_or_default();
            condition(&status.conditions, "RolledOut", "True").map(drop)
        })
        .await
}

/// How often the Deployment was rolled out.
async fn revision(namespace: &Namespace) -> Result<String> {
    let deployment = namespace.api::<Deployment>().get("web").await?;
    let annotations = deployment.metadata.annotations.unwrap_or_default();
    annotations
        .get("deployment.kubernetes.io/revision")
        .cloned()
        .context("it has no revision")
}

#[tokio::test]
async fn a_rotation_restarts_once_and_one_that_breaks_is_taken_back() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("changes", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    namespace
        .apply(json!({
            "apiVersion": "coffer.dev/v1alpha1", "kind": "VaultSecret", "metadata": {"name": "app"},
            "spec": {"vaultRef": {"name": "app"}, "restart": {"readyWithin": "45s"},
                "data": {"TOKEN": {"generate": {"type": "hex"}}, "MODE": {"external": {}}}},
        }))
        .await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    api.put("app", "MODE", "good").await?;
    namespace.apply(deployment()).await?;
    eventually("the first pod is ready", || async {
        pod(&namespace).await.map(drop)
    })
    .await?;

    let path = "/vaults/app/environments/default/secrets/TOKEN:rotate";
    let (status, body) = api.request(Method::POST, path, None).await?;
    ensure!(status.is_success(), "{status} {body}");
    let rotated = api.value("app", "TOKEN").await?;
    eventually("a new pod has the new value", || async {
        let now = variable(&namespace, "TOKEN").await?;
        if now == rotated {
            Ok(())
        } else {
            bail!("still the old one")
        }
    })
    .await?;
    is_rolled_out(&namespace).await?;
    ensure!(revision(&namespace).await? == "2", "one change is one restart");

    api.put("app", "MODE", "broken").await?;
    namespace
        .until("app", |secret: &VaultSecret| {
            let status = secret.status.clone().unwrap_or_default();
            let back = condition(&status.conditions, "RolledBack", "True")?;
            ensure!(
                back.message.contains("Deployment ") && back.message.contains("MODE version 2"),
                "{back:?}"
            );
            Ok(())
        })
        .await?;
    ensure!(
        api.value("app", "MODE").await? == "good",
        "the value before is back"
    );
    is_rolled_out(&namespace).await?;
    ensure!(
        variable(&namespace, "MODE").await? == "good",
        "and the pod has it"
    );
    ensure!(
        revision(&namespace).await? == "4",
        "one restart there, and one back"
    );
    let sets = namespace.api::<ReplicaSet>().list(&ListParams::default()).await?;
    ensure!(sets.items.len() == 4, "no more than that");
    namespace.end().await
}

#[tokio::test]
async fn the_application_is_signalled_in_a_restricted_namespace() -> Result<()> {
    let _turn = beside().await;
    let restricted = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let namespace = Namespace::new("signal", restricted).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    namespace
        .apply(coffer_e2e::vault_secret(
            "app",
            "app",
            json!({"TOKEN": {"generate": {"type": "hex"}}}),
        ))
        .await?;
    let mut pod = web_pod(
        "web",
        &[
            ("inject", "true"),
            ("vault", "app"),
            ("file.token", "TOKEN"),
            ("on-change", "signal"),
            ("signal", "SIGHUP testapp"),
        ],
    );
    pod["spec"]["shareProcessNamespace"] = json!(true);
    pod["spec"]["securityContext"] =
        json!({"runAsNonRoot": true, "runAsUser": 4321, "seccompProfile": {"type": "RuntimeDefault"}});
    pod["spec"]["containers"][0]["securityContext"] =
        json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    namespace.apply(pod).await?;
    namespace.ready("web").await?;
    let app = App::new(&namespace, "web");
    ensure!(
        app.hangups().await? == 0,
        "not for the values that it starts with"
    );
    let api = Api::with_key(&namespace, "reader-key").await?;
    let path = "/vaults/app/environments/default/secrets/TOKEN:rotate";
    let (status, body) = api.request(Method::POST, path, None).await?;
    ensure!(status.is_success(), "{status} {body}");
    eventually("the application was signalled", || async {
        match app.hangups().await? {
            1 => Ok(()),
            count => bail!("{count} times"),
        }
    })
    .await?;
    let file = app.file("/var/run/secrets/coffer/token").await?;
    ensure!(
        file == api.value("app", "TOKEN").await?,
        "after the file was in place"
    );
    namespace.end().await
}
