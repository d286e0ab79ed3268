//! From `kubectl apply` to a running pod that sees its secret.

use anyhow::{Result, ensure};
use coffer_crds::VaultSecret;
use coffer_e2e::{Api, App, Namespace, beside, condition, eventually, vault, vault_secret, web_pod};
use serde_json::json;

/// Keys for a test that talks to the API as well.
pub fn reader() -> serde_json::Value {
    json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "ApiKey", "metadata": {"name": "reader"},
        "spec": {
            "vaultRef": {"name": "app"},
            "scopes": ["secrets:read", "secrets:list", "secrets:write", "secrets:delete", "secrets:rotate", "consumers:read"],
            "writeTo": {"secretName": "reader-key"},
        },
    })
}

#[tokio::test]
async fn a_pod_sees_what_was_applied_and_the_api_reads_the_same() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("first-light", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    namespace
        .apply(vault_secret(
            "app",
            "app",
            json!({"DATABASE_PASSWORD": {"generate": {"type": "password"}}}),
        ))
        .await?;
    let secret = namespace
        .until("app", |secret: &VaultSecret| {
            let status = secret.status.clone().unwrap_or_default();
            condition(&status.conditions, "Ready", "True")?;
            Ok(secret.clone())
        })
        .await?;
    let status = serde_json::to_value(secret.status)?;
    ensure!(
        status["keys"][0]["name"] == "DATABASE_PASSWORD" && status["keys"][0]["version"] == 1,
        "{status}"
    );

    let annotations = [
        ("inject", "true"),
        ("vault", "app"),
        ("env", "DATABASE_PASSWORD,PASSWORD=DATABASE_PASSWORD"),
        ("file.password", "DATABASE_PASSWORD"),
    ];
    namespace.apply(web_pod("web", &annotations)).await?;
    namespace.ready("web").await?;
    let app = App::new(&namespace, "web");
    let seen = app.variable("DATABASE_PASSWORD").await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    ensure!(
        seen == api.value("app", "DATABASE_PASSWORD").await?,
        "the pod and the API read different values"
    );
    ensure!(
        seen == app.variable("PASSWORD").await?,
        "a renamed variable has the same value"
    );
    ensure!(
        seen == app.file("/var/run/secrets/coffer/password").await?,
        "a file has the same value"
    );

    eventually("the ledger names the pod", || async {
        let consumers = api.get("/vaults/app/environments/default/consumers").await?;
        let line = &consumers["items"][0];
        ensure!(line["pod"] == "web" && line["acknowledged"] == 1, "{consumers}");
        Ok(())
    })
    .await?;
    namespace.end().await
}
