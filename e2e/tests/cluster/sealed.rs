//! Values that come sealed, as from Git: made by the program of the image with nothing but a public key, opened for
//! the one place they were made for.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use coffer_crds::{Vault, VaultSecret};
use coffer_e2e::{Api, Namespace, SYSTEM_NAMESPACE, beside, condition, vault, vault_secret};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::first_light::reader;

/// `coffer seal KEY --public-key …`, with the value on standard input. It runs where the program is, and is given
/// neither a server nor a key to one.
async fn seal(public_key: &str, key: &str, value: &str) -> Result<Value> {
    let mut child = Command::new("kubectl")
        .args([
            "--namespace",
            SYSTEM_NAMESPACE,
            "exec",
            "--stdin",
            "statefulset/coffer-operator",
            "--",
        ])
        .args(["/coffer", "seal", key, "--public-key", public_key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("its input")?;
    input.write_all(value.as_bytes()).await?;
    drop(input);
    let done = child.wait_with_output().await?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "coffer seal: {said}");
    Ok(json!({"sealed": String::from_utf8(done.stdout)?.trim()}))
}

async fn public_key(namespace: &Namespace) -> Result<String> {
    namespace
        .until("app", |vault: &Vault| {
            let status = vault.status.clone().unwrap_or_default();
            Ok(status.sealing.context("no sealing key yet")?.public_key)
        })
        .await
}

#[tokio::test]
async fn a_sealed_value_opens_where_it_was_sealed_for_and_nowhere_else() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("sealed", json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    let key = public_key(&namespace).await?;
    let good = seal(&key, "TOKEN", "from Git").await?;
    let data = json!({"TOKEN": good, "OTHER": seal(&key, "OTHER", "too").await?});
    namespace.apply(vault_secret("app", "app", data)).await?;
    namespace
        .until("app", |secret: &VaultSecret| {
            let conditions = secret.status.clone().unwrap_or_default().conditions;
            condition(&conditions, "Ready", "True")
        })
        .await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    ensure!(api.value("app", "TOKEN").await? == "from Git");

    // The same text under another name, and as another namespace's.
    let mut moved = vault_secret("app", "app", json!({"TOKEN": good, "OTHER": good}));
    let refusal = |words: &'static str| {
        move |secret: &VaultSecret| {
            let conditions = secret.status.clone().unwrap_or_default().conditions;
            let ready = condition(&conditions, "Ready", "False")?;
            ensure!(
                ready.reason == "SealRefused" && ready.message.contains(words),
                "{ready:?}"
            );
            Ok(())
        }
    };
    namespace.apply(moved.clone()).await?;
    namespace
        .until(
            "app",
            refusal("data.OTHER.sealed: sealed for key TOKEN, and this is key OTHER"),
        )
        .await?;
    ensure!(
        api.value("app", "OTHER").await? == "too",
        "the last good value stays"
    );
    let elsewhere = Namespace::new("elsewhere", json!({})).await?;
    elsewhere.apply(vault("app")).await?;
    moved["spec"]["data"] = json!({"TOKEN": good});
    elsewhere.apply(moved).await?;
    let words = "data.TOKEN.sealed: sealed for namespace ";
    elsewhere.until("app", refusal(words)).await?;
    elsewhere.end().await?;
    namespace.end().await
}
