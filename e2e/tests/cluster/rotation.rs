//! A rotated value reaches the file of a running pod, and the ledger says so.

use anyhow::{Result, bail, ensure};
use coffer_crds::VaultSecret;
use coffer_e2e::{Api, App, Namespace, beside, eventually, vault, vault_secret, web_pod};
use reqwest::Method;
use serde_json::json;

use crate::first_light::reader;

#[tokio::test]
async fn a_rotated_value_reaches_the_file_and_the_ledger() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("rotation", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    namespace
        .apply(vault_secret(
            "app",
            "app",
            json!({"TOKEN": {"generate": {"type": "hex"}}}),
        ))
        .await?;
    namespace
        .apply(web_pod(
            "web",
            &[("inject", "true"), ("vault", "app"), ("file.token", "TOKEN")],
        ))
        .await?;
    namespace.ready("web").await?;
    let app = App::new(&namespace, "web");
    let before = app.file("/var/run/secrets/coffer/token").await?;

    let api = Api::with_key(&namespace, "reader-key").await?;
    let token = namespace
        .api::<k8s_openapi::api::core::v1::Secret>()
        .get("reader-key")
        .await?;
    let token = String::from_utf8(token.data.unwrap()["token"].0.clone())?;
    let path = "/vaults/app/environments/default/secrets/TOKEN:rotate";
    let (status, body) = api.send(Method::POST, path, None, &token).await?;
    ensure!(status.is_success() && body["version"] == 2, "{status} {body}");
    let now = api.value("app", "TOKEN").await?;
    ensure!(now != before, "rotation makes a new value");
    eventually("the file holds the new value", || async {
        let file = app.file("/var/run/secrets/coffer/token").await?;
        if file == now {
            Ok(())
        } else {
            bail!("still the old one")
        }
    })
    .await?;
    namespace
        .until("app", |secret: &VaultSecret| {
            let status = serde_json::to_value(&secret.status)?;
            let consumers = &status["consumers"];
            ensure!(
                status["keys"][0]["version"] == 2 && consumers["current"] == 1 && consumers["total"] == 1,
                "{status}"
            );
            Ok(())
        })
        .await?;
    namespace.end().await
}

#[tokio::test]
async fn a_schedule_rotates_by_itself() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("schedule", json!({})).await?;
    namespace.apply(vault("app")).await?;
    let mut secret = vault_secret("app", "app", json!({"TOKEN": {"generate": {"type": "uuid"}}}));
    secret["spec"]["rotation"] = json!({"every": "3s"});
    namespace.apply(secret).await?;
    namespace
        .until("app", |secret: &VaultSecret| {
            let status = serde_json::to_value(&secret.status)?;
            match status["keys"][0]["version"].as_u64() {
                Some(3..) if status["lastRotation"].is_string() && status["nextRotation"].is_string() => {
                    Ok(())
                }
                _ => bail!("{status}"),
            }
        })
        .await?;
    namespace.end().await
}
