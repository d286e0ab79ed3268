//! API keys as resources: rotation with an overlap, revocation on deletion, and what no scope allows.

use anyhow::{Context, Result, ensure};
use coffer_crds::ApiKey;
use coffer_e2e::{Api, Namespace, beside, eventually, vault, vault_secret};
use k8s_openapi::api::core::v1::Secret;
use kube::api::DeleteParams;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::first_light::reader;

const VALUE: &str = "/vaults/app/environments/default/secrets/TOKEN";

async fn token(namespace: &Namespace) -> Result<String> {
    let secret = namespace.api::<Secret>().get("reader-key").await?;
    let token = secret
        .data
        .unwrap_or_default()
        .get("token")
        .context("no token")?
        .0
        .clone();
    Ok(String::from_utf8(token)?)
}

#[tokio::test]
async fn a_rotated_key_overlaps_and_a_deleted_one_ends() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("keys", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace
        .apply(vault_secret(
            "app",
            "app",
            json!({"TOKEN": {"generate": {"type": "uuid"}}}),
        ))
        .await?;
    let mut key = reader();
    key["spec"]["rotation"] = json!({"every": "20s", "overlap": "1h"});
    namespace.apply(key).await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    let first = token(&namespace).await?;
    let second = eventually("the key rotates", || async {
        let now = token(&namespace).await?;
        ensure!(now != first, "still the first token");
        Ok(now)
    })
    .await?;
    for token in [&first, &second] {
        let (status, body) = api.send(Method::GET, VALUE, None, token).await?;
        ensure!(status.is_success(), "within the overlap: {status} {body}");
    }
    namespace
        .api::<ApiKey>()
        .delete("reader", &DeleteParams::default())
        .await?;
    eventually("both tokens end", || async {
        for token in [&first, &second] {
            let (status, _) = api.send(Method::GET, VALUE, None, token).await?;
            ensure!(status == StatusCode::UNAUTHORIZED, "{status}");
        }
        Ok(())
    })
    .await?;
    namespace.end().await
}

#[tokio::test]
async fn a_key_does_only_what_its_scopes_say() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("scopes", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace
        .apply(vault_secret(
            "app",
            "app",
            json!({"TOKEN": {"generate": {"type": "uuid"}}}),
        ))
        .await?;
    let mut key = reader();
    key["spec"]["scopes"] = json!(["secrets:list"]);
    namespace.apply(key).await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    api.get("/vaults/app/environments/default/secrets").await?;
    let held = token(&namespace).await?;
    let (status, body) = api.send(Method::GET, VALUE, None, &held).await?;
    ensure!(
        status == StatusCode::FORBIDDEN && body["message"].to_string().contains("secrets:read"),
        "{status} {body}"
    );
    let (status, _) = api.send(Method::GET, VALUE, None, "coffer_nonsense").await?;
    ensure!(status == StatusCode::UNAUTHORIZED, "{status}");
    namespace.end().await
}
