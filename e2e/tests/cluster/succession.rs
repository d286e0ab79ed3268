//! A key that was replaced works for as long as a live pod lags, and no longer.

use anyhow::{Context, Result, ensure};
use coffer_crds::ApiKey;
use coffer_e2e::{Api, App, Namespace, beside, eventually, vault, web_pod};
use k8s_openapi::api::core::v1::Pod;
use kube::api::DeleteParams;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::first_light::reader;

const FILE: &str = "/var/run/secrets/coffer/token";
const PLACE: &str = "/vaults/app/environments/default";

/// A pod with the key in a file, whose agent can be frozen from inside.
async fn start(namespace: &Namespace, name: &str) -> Result<()> {
    let annotations = [("inject", "true"), ("vault", "app"), ("file.token", "ci/token")];
    let mut pod = web_pod(name, &annotations);
    pod["spec"]["shareProcessNamespace"] = json!(true);
    namespace.apply(pod).await?;
    namespace.ready(name).await.map(drop)
}

/// The key, in the vault, replaced that often.
fn key(every: &str) -> Value {
    json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "ApiKey", "metadata": {"name": "ci"},
        "spec": {
            "vaultRef": {"name": "app"}, "scopes": ["secrets:list"], "writeTo": {"vaultKey": "ci/token"},
            "rotation": {"every": every, "onlyAfterAck": true},
        },
    })
}

/// Has the key replaced once, while the pod called `frozen` cannot hear of it.
async fn replace_behind(frozen: &App<'_>, api: &Api) -> Result<String> {
    let namespace = frozen.namespace;
    eventually("nobody lags", || async {
        let ledger = api.get(&format!("{PLACE}/consumers?name=ci/token")).await?;
        let items = ledger["items"].as_array().cloned().unwrap_or_default();
        ensure!(
            items.len() == 2 && items.iter().all(|item| item["lagging"] == false),
            "{ledger}"
        );
        Ok(())
    })
    .await?;
    frozen.freeze_agent().await?;
    // Due at once; the next one waits, and is not due when this one is over.
    namespace.apply(key("1s")).await?;
    until_waits_for(namespace, frozen.pod).await?;
    namespace.apply(key("30d")).await?;
    let old = frozen.file(FILE).await?;
    let status = answers(api, &old).await?;
    ensure!(status.is_success(), "the key that the frozen pod holds: {status}");
    Ok(old)
}

/// Waits until the key's status names the pod that lags.
async fn until_waits_for(namespace: &Namespace, pod: &str) -> Result<()> {
    namespace
        .until("ci", |key: &ApiKey| {
            let status = key.status.clone().unwrap_or_default();
            let previous = status.previous.context("no previous key")?;
            let line = previous.lagging.context("nobody lags")?;
            ensure!(
                previous.waiting == Some(1) && line.starts_with(&format!("{pod} since 2")),
                "{line}"
            );
            Ok(())
        })
        .await
}

async fn answers(api: &Api, token: &str) -> Result<StatusCode> {
    let list = format!("{PLACE}/secrets");
    Ok(api.send(Method::GET, &list, None, token).await?.0)
}

async fn until_dead(api: &Api, token: &str) -> Result<()> {
    eventually("the old key is dead", || async {
        let status = answers(api, token).await?;
        ensure!(status == StatusCode::UNAUTHORIZED, "{status}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_frozen_consumer_keeps_its_key_until_it_thaws_or_dies() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("succession", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    namespace.apply(key("30d")).await?;
    for name in ["frozen", "moving"] {
        start(&namespace, name).await?;
    }
    let api = Api::with_key(&namespace, "reader-key").await?;
    let (frozen, moving) = (App::new(&namespace, "frozen"), App::new(&namespace, "moving"));

    let old = replace_behind(&frozen, &api).await?;
    eventually("the other pod has the new key", || async {
        ensure!(moving.file(FILE).await? != old, "still the old one");
        Ok(())
    })
    .await?;
    let ledger = api.get(&format!("{PLACE}/consumers?name=ci/token")).await?;
    let lags = |item: &&Value| item["lagging"] == true;
    let lagging: Vec<&Value> = ledger["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(lags)
        .collect();
    ensure!(
        lagging.len() == 1
            && lagging[0]["pod"] == "frozen"
            && lagging[0]["laggingSince"].is_string()
            && lagging[0]["retiring"]["deadline"].is_string(),
        "{ledger}"
    );

    frozen.thaw_agent().await?;
    until_dead(&api, &old).await?;

    let old = replace_behind(&frozen, &api).await?;
    namespace
        .api::<Pod>()
        .delete("frozen", &DeleteParams::default())
        .await?;
    until_dead(&api, &old).await?;
    namespace.end().await
}
