//! Where values come from, and the core Secrets they are synced to.

use anyhow::{Context, Result, bail, ensure};
use coffer_crds::VaultSecret;
use coffer_e2e::{Api, Namespace, beside, condition, eventually, vault, vault_secret};
use k8s_openapi::api::core::v1::Secret;
use kube::api::DeleteParams;
use serde_json::json;

use crate::first_light::reader;

fn text(secret: &Secret, key: &str) -> Result<String> {
    let data = secret.data.as_ref().and_then(|data| data.get(key));
    Ok(String::from_utf8(
        data.with_context(|| format!("no key {key}"))?.0.clone(),
    )?)
}

#[tokio::test]
async fn every_source_gives_its_value_and_a_changed_source_follows() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("sources", json!({})).await?;
    let database = |password: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "database"}, "stringData": {"password": password}});
    namespace.apply(database("one")).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    let data = json!({
        "COPIED": {"secretKeyRef": {"name": "database", "key": "password"}},
        "WRITTEN": {"external": {}},
        "UUID": {"generate": {"type": "uuid"}},
        "BASE64": {"generate": {"type": "base64", "length": 24}},
        "SIGNING": {"generate": {"type": "keyPair", "algorithm": "ed25519"}},
    });
    namespace.apply(vault_secret("app", "app", data)).await?;
    namespace
        .until("app", |secret: &VaultSecret| {
            let conditions = secret.status.clone().unwrap_or_default().conditions;
            let ready = condition(&conditions, "Ready", "False")?;
            if ready.message.contains("WRITTEN") {
                Ok(())
            } else {
                bail!("{ready:?}")
            }
        })
        .await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    api.put("app", "WRITTEN", "by hand").await?;
    namespace
        .until("app", |secret: &VaultSecret| {
            condition(
                &secret.status.clone().unwrap_or_default().conditions,
                "Ready",
                "True",
            )
        })
        .await?;
    ensure!(api.value("app", "COPIED").await? == "one");
    ensure!(api.value("app", "UUID").await?.len() == 36);
    ensure!(api.value("app", "BASE64").await?.len() == 32);
    ensure!(
        api.value("app", "SIGNING")
            .await?
            .starts_with("-----BEGIN PRIVATE KEY-----")
    );
    ensure!(
        api.value("app", "SIGNING.pub")
            .await?
            .starts_with("-----BEGIN PUBLIC KEY-----")
    );
    namespace.apply(database("two")).await?;
    eventually("the copy follows", || async {
        let now = api.value("app", "COPIED").await?;
        if now == "two" {
            Ok(())
        } else {
            bail!("still {now}")
        }
    })
    .await?;
    namespace.end().await
}

#[tokio::test]
async fn a_synced_secret_comes_back_and_a_foreign_one_is_never_touched() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("synced", json!({})).await?;
    namespace.apply(vault("app")).await?;
    let mut synced = vault_secret("app", "app", json!({"TOKEN": {"generate": {"type": "hex"}}}));
    synced["spec"]["sync"] = json!({"secretName": "copy"});
    namespace.apply(synced).await?;
    let first = namespace
        .until("copy", |secret: &Secret| text(secret, "TOKEN"))
        .await?;
    namespace
        .api::<Secret>()
        .delete("copy", &DeleteParams::default())
        .await?;
    let again = namespace
        .until("copy", |secret: &Secret| text(secret, "TOKEN"))
        .await?;
    ensure!(first == again, "the same value comes back");

    namespace.apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "theirs"}, "stringData": {"TOKEN": "theirs"}})).await?;
    let mut foreign = vault_secret(
        "foreign",
        "app",
        json!({"FOREIGN": {"generate": {"type": "hex"}}}),
    );
    foreign["spec"]["sync"] = json!({"secretName": "theirs"});
    namespace.apply(foreign).await?;
    let said = namespace
        .until("foreign", |secret: &VaultSecret| {
            let conditions = secret.status.clone().unwrap_or_default().conditions;
            Ok(condition(&conditions, "Synced", "False")?.message)
        })
        .await?;
    ensure!(said.contains("theirs"), "{said}");
    let untouched = namespace.api::<Secret>().get("theirs").await?;
    ensure!(text(&untouched, "TOKEN")? == "theirs" && untouched.data.unwrap().len() == 1);
    namespace.end().await
}
