//! Mistakes end in a message that names the field and the fix.

use anyhow::{Result, ensure};
use coffer_crds::VaultSecret;
use coffer_e2e::{Namespace, beside, condition, eventually, vault, vault_secret, web_pod};
use serde_json::{Value, json};

async fn stalled(namespace: &Namespace, manifest: Value, words: &[&str]) -> Result<()> {
    let name = manifest["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    namespace.apply(manifest).await?;
    namespace
        .until(&name, |secret: &VaultSecret| {
            let conditions = secret.status.clone().unwrap_or_default().conditions;
            let ready = condition(&conditions, "Ready", "False")?;
            ensure!(
                words.iter().all(|word| ready.message.contains(word)),
                "{ready:?} does not say {words:?}"
            );
            Ok(())
        })
        .await
}

#[tokio::test]
async fn resources_say_what_is_wrong() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("bad", json!({})).await?;
    namespace.apply(vault("payments")).await?;
    let uuid = || json!({"X": {"generate": {"type": "uuid"}}});
    stalled(
        &namespace,
        vault_secret("mistyped", "paymnets", uuid()),
        &["paymnets", "payments"],
    )
    .await?;
    let mut schedule = vault_secret("schedule", "payments", uuid());
    schedule["spec"]["rotation"] = json!({"schedule": "99 3 * * *"});
    stalled(&namespace, schedule, &["99 3 * * *"]).await?;
    let mut zone = vault_secret("zone", "payments", json!({"Y": {"generate": {"type": "uuid"}}}));
    zone["spec"]["rotation"] = json!({"schedule": "0 3 * * *", "timeZone": "Mars/Base"});
    stalled(&namespace, zone, &["Mars/Base"]).await?;
    let missing = json!({"Z": {"secretKeyRef": {"name": "nowhere", "key": "password"}}});
    stalled(
        &namespace,
        vault_secret("source", "payments", missing),
        &["nowhere"],
    )
    .await?;
    let two = json!({"X": {"generate": {"type": "uuid"}, "external": {}}});
    let refused = namespace.refused(vault_secret("two", "payments", two)).await?;
    ensure!(refused.contains("exactly one of"), "{refused}");
    namespace.end().await
}

#[tokio::test]
async fn pods_are_refused_for_malformed_annotations() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("annotations", json!({})).await?;
    for (annotations, words) in [
        (vec![("inject", "yes")], vec!["coffer.dev/inject", "true"]),
        (vec![("inject", "true")], vec!["coffer.dev/vault"]),
        (
            vec![("inject", "true"), ("vault", "app"), ("enviroment", "x")],
            vec!["enviroment", "environment"],
        ),
        (
            vec![("inject", "true"), ("vault", "app"), ("env", "lower-case!")],
            vec!["coffer.dev/env"],
        ),
        (
            vec![
                ("inject", "true"),
                ("vault", "app"),
                ("file.x", "{key: A, path: ../../etc/passwd}"),
            ],
            vec!["coffer.dev/file.x"],
        ),
        (
            vec![("inject", "true"), ("vault", "app"), ("mode", "magic")],
            vec!["coffer.dev/mode", "exec"],
        ),
        (
            vec![
                ("inject", "true"),
                ("vault", "app"),
                ("env", "A"),
                ("containers", "wbe"),
            ],
            vec!["wbe", "web"],
        ),
    ] {
        let refused = namespace.refused(web_pod("web", &annotations)).await?;
        ensure!(
            words.iter().all(|word| refused.contains(word)),
            "{annotations:?}: {refused}"
        );
    }
    namespace.end().await
}

#[tokio::test]
async fn a_pod_without_a_grant_or_with_a_mistyped_name_is_held_with_the_reason() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("held", json!({})).await?;
    let mut narrow = vault("narrow");
    narrow["spec"]["access"] = json!([{"serviceAccounts": ["somebody-else"]}]);
    namespace.apply(narrow).await?;
    namespace.apply(vault("app")).await?;
    namespace
        .apply(vault_secret(
            "app",
            "app",
            json!({"DATABASE_URL": {"generate": {"type": "uuid"}}}),
        ))
        .await?;
    namespace
        .apply(vault_secret(
            "narrow",
            "narrow",
            json!({"TOKEN": {"generate": {"type": "uuid"}}}),
        ))
        .await?;
    namespace
        .apply(web_pod(
            "ungranted",
            &[("inject", "true"), ("vault", "narrow"), ("env", "TOKEN")],
        ))
        .await?;
    namespace
        .apply(web_pod(
            "mistyped",
            &[("inject", "true"), ("vault", "app"), ("env", "DATABSE_URL")],
        ))
        .await?;
    eventually("Events say why", || async {
        let events = namespace.events().await?;
        let said = |words: &[&str]| {
            events
                .iter()
                .any(|event| words.iter().all(|word| event.contains(word)))
        };
        ensure!(
            said(&["narrow", "spec.access"]) && said(&["DATABSE_URL", "did you mean DATABASE_URL"]),
            "{events:?}"
        );
        Ok(())
    })
    .await?;
    namespace.end().await
}
