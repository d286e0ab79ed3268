//! What deleting a resource does, and does not, do.

use anyhow::{Result, bail, ensure};
use coffer_crds::{Vault, VaultSecret};
use coffer_e2e::{Api, Namespace, beside, condition, eventually, vault, vault_secret};
use kube::api::DeleteParams;
use serde_json::json;

use crate::first_light::reader;

#[tokio::test]
async fn retained_values_are_adopted_and_others_deleted() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("deletion", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    let mut kept = vault_secret("kept", "app", json!({"KEPT": {"generate": {"type": "hex"}}}));
    kept["spec"]["deletionPolicy"] = json!("Retain");
    namespace.apply(kept.clone()).await?;
    namespace
        .apply(vault_secret(
            "dropped",
            "app",
            json!({"DROPPED": {"generate": {"type": "hex"}}}),
        ))
        .await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    let value = eventually("both have values", || async {
        api.value("app", "DROPPED").await?;
        api.value("app", "KEPT").await
    })
    .await?;
    for name in ["kept", "dropped"] {
        namespace
            .api::<VaultSecret>()
            .delete(name, &DeleteParams::default())
            .await?;
    }
    eventually("the dropped value is gone", || async {
        match api.value("app", "DROPPED").await {
            Err(error) if error.to_string().contains("deleted") => Ok(()),
            other => bail!("{other:?}"),
        }
    })
    .await?;
    ensure!(api.value("app", "KEPT").await? == value, "retained");
    namespace.apply(kept).await?;
    namespace
        .until("kept", |secret: &VaultSecret| {
            condition(
                &secret.status.clone().unwrap_or_default().conditions,
                "Ready",
                "True",
            )
        })
        .await?;
    ensure!(api.value("app", "KEPT").await? == value, "adopted, not made anew");
    namespace.end().await
}

#[tokio::test]
async fn a_vault_without_a_deletion_policy_keeps_its_secrets() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("retain", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    namespace
        .apply(vault_secret(
            "kept",
            "app",
            json!({"KEPT": {"generate": {"type": "hex"}}}),
        ))
        .await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    let value = eventually("there is a value", || api.value("app", "KEPT")).await?;
    namespace
        .api::<Vault>()
        .delete("app", &DeleteParams::default())
        .await?;
    namespace.apply(vault("app")).await?;
    namespace
        .until("app", |vault: &Vault| {
            condition(
                &vault.status.clone().unwrap_or_default().conditions,
                "Ready",
                "True",
            )
        })
        .await?;
    ensure!(
        api.value("app", "KEPT").await? == value,
        "a Vault is retained without a deletionPolicy"
    );
    namespace.end().await
}
