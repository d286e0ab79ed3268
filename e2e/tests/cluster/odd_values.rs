//! Values that trip others: they arrive byte for byte in every mode, or the pod is held with the reason.

use anyhow::{Result, bail, ensure};
use coffer_crds::VaultSecret;
use coffer_e2e::{Api, App, Namespace, beside, condition, eventually, vault, vault_secret, web_pod};
use serde_json::{Map, Value, json};

use crate::first_light::reader;

/// What an env file can carry, however odd.
fn carried() -> Vec<(&'static str, String)> {
    vec![
        ("DOUBLE_QUOTES", r#"say "hello""#.to_owned()),
        ("DOLLARS", "a$HOME ${HOME} $(HOME) $$".to_owned()),
        ("BACKSLASHES", r"C:\new\table \' \\".replace('\'', "\"")),
        ("NEWLINES", "first\nsecond\n\n  fourth\n".to_owned()),
        ("HASHES", "# not a comment #".to_owned()),
        ("EQUALS", "=a=b=\nEXPORT=no\nexport X=y".to_owned()),
        ("SPACES", "  leading and trailing  ".to_owned()),
        ("TABS", "\ta\tb\t".to_owned()),
        (
            "UNICODE",
            "caf\u{e9} \u{1f512} \u{202e}right-to-left \u{feff}bom".to_owned(),
        ),
        ("PEM", "-----BEGIN X-----\nMIIB\n-----END X-----\n".to_owned()),
        ("JSON", r#"{"user":"u","n":[1,2]}"#.to_owned()),
        ("LARGE", "0123456789abcdef".repeat(60 * 64)),
    ]
}

/// What only files and exec mode can carry.
fn not_carried() -> Vec<(&'static str, String)> {
    vec![
        ("SINGLE_QUOTE", "it's".to_owned()),
        ("EMPTY", String::new()),
        ("CRLF", "a\r\nb".to_owned()),
    ]
}

async fn prepare(test: &str, values: &[(&str, String)]) -> Result<Namespace> {
    let namespace = Namespace::new(test, json!({})).await?;
    namespace.apply(vault("app")).await?;
    namespace.apply(reader()).await?;
    let data: Map<String, Value> = values
        .iter()
        .map(|(name, _)| ((*name).to_owned(), json!({"external": {}})))
        .collect();
    namespace
        .apply(vault_secret("app", "app", Value::Object(data)))
        .await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    for (name, value) in values {
        api.put("app", name, value).await?;
    }
    Ok(namespace)
}

async fn compare(app: &App<'_>, values: &[(&str, String)]) -> Result<()> {
    let seen = app.environment().await?;
    for (name, value) in values {
        ensure!(
            seen.get(*name).map(Vec::as_slice) == Some(value.as_bytes()),
            "{} {name} differs",
            app.pod
        );
    }
    Ok(())
}

#[tokio::test]
async fn odd_values_arrive_byte_for_byte_in_every_mode() -> Result<()> {
    let _turn = beside().await;
    let values = carried();
    let namespace = prepare("odd", &values).await?;
    let common = [("inject", "true"), ("vault", "app"), ("env", "*")];
    namespace.apply(web_pod("env-file", &common)).await?;
    namespace
        .apply(web_pod("exec", &[&common[..], &[("mode", "exec")]].concat()))
        .await?;
    let files: Vec<(String, &str)> = values
        .iter()
        .map(|(name, _)| (format!("file.{}", name.to_lowercase()), *name))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(key, name)| (key.as_str(), *name)).collect();
    namespace
        .apply(web_pod(
            "files",
            &[&[("inject", "true"), ("vault", "app")], &files[..]].concat(),
        ))
        .await?;
    for pod in ["env-file", "exec"] {
        namespace.ready(pod).await?;
        compare(&App::new(&namespace, pod), &values).await?;
    }
    namespace.ready("files").await?;
    for (name, value) in &values {
        let file = App::new(&namespace, "files")
            .file(&format!("/var/run/secrets/coffer/{}", name.to_lowercase()))
            .await?;
        ensure!(file == *value, "file of {name} differs");
    }
    namespace.end().await
}

#[tokio::test]
async fn what_an_env_file_cannot_carry_never_arrives_altered() -> Result<()> {
    let _turn = beside().await;
    let values = not_carried();
    let namespace = prepare("unfit", &values).await?;
    let said = namespace
        .until("app", |secret: &VaultSecret| {
            let conditions = secret.status.clone().unwrap_or_default().conditions;
            Ok(condition(&conditions, "EnvFileCompatible", "False")?.message)
        })
        .await?;
    for (name, _) in &values {
        ensure!(said.contains(name), "the condition names {name}: {said}");
    }
    ensure!(said.contains("mode: exec"), "and the ways out: {said}");

    let common = [
        ("inject", "true"),
        ("vault", "app"),
        ("env", "EMPTY,SINGLE_QUOTE,CRLF"),
    ];
    namespace.apply(web_pod("held", &common)).await?;
    namespace
        .apply(web_pod("exec", &[&common[..], &[("mode", "exec")]].concat()))
        .await?;
    namespace.ready("exec").await?;
    compare(&App::new(&namespace, "exec"), &values).await?;
    eventually("an Event on the held pod says why", || async {
        let events = namespace.events().await?;
        let said = events
            .iter()
            .any(|event| event.contains("SINGLE_QUOTE") && event.contains("mode: exec"));
        if said { Ok(()) } else { bail!("{events:?}") }
    })
    .await?;
    namespace
        .until("held", |pod: &k8s_openapi::api::core::v1::Pod| {
            let containers = pod
                .status
                .clone()
                .unwrap_or_default()
                .container_statuses
                .unwrap_or_default();
            ensure!(
                containers.iter().all(|c| c.started != Some(true)),
                "the application must not start"
            );
            Ok(())
        })
        .await?;
    namespace.end().await
}
