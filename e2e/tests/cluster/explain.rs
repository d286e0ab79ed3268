//! `kubectl coffer explain`, as kubectl's plugin, against a Deployment that goes wrong in several ways and is mended.

use anyhow::{Context, Result, bail, ensure};
use coffer_crds::VaultSecret;
use coffer_e2e::{Api, App, Namespace, beside, condition, eventually, vault, vault_secret, web_pod};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, Patch, PatchParams};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::first_light::reader;

const FILE: &str = "/etc/web/tls.key";
const PLACE: &str = "/vaults/app/environments/default";

/// What `kubectl coffer explain` prints as JSON, and how it exits.
async fn explain(namespace: &Namespace, object: &str) -> Result<(Value, i32)> {
    let done = Command::new("kubectl")
        .args([
            "coffer",
            "explain",
            object,
            "--namespace",
            &namespace.name,
            "--output",
            "json",
        ])
        .env_remove("COFFER_TOKEN")
        .output()
        .await?;
    let said = String::from_utf8_lossy(&done.stderr);
    let report = serde_json::from_slice(&done.stdout).with_context(|| format!("explain {object}: {said}"))?;
    Ok((report, done.status.code().unwrap_or(-1)))
}

/// The item of this name, if it is in this state and says so for this reason, in these words.
fn item<'r>(report: &'r Value, name: &str, state: &str, because: Option<(&str, &str)>) -> Result<&'r Value> {
    let items = report["items"].as_array().context("no items")?;
    let item = items.iter().find(|item| item["name"] == name);
    let item = item.with_context(|| format!("no {name}: {report:#}"))?;
    let told = ["reasons", "remarks"]
        .into_iter()
        .flat_map(|list| item[list].as_array().into_iter().flatten());
    let because = because.is_none_or(|(code, words)| {
        let says = |it: &Value| {
            it["message"]
                .as_str()
                .is_some_and(|message| message.contains(words))
        };
        told.into_iter().any(|it| it["code"] == code && says(it))
    });
    ensure!(item["state"] == state && because, "{name}: {item:#}");
    Ok(item)
}

fn deployment(env: &str) -> Value {
    let annotations = [
        ("inject", "true"),
        ("vault", "app"),
        ("env", env),
        ("file.tls", "{key: TLS_KEY, path: /etc/web/tls.key}"),
    ];
    let mut template = web_pod("web", &annotations);
    template["metadata"]["labels"] = json!({"app": "web"});
    template["spec"]["shareProcessNamespace"] = json!(true);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": template["metadata"]["labels"], "annotations": template["metadata"]["annotations"]},
            "spec": template["spec"],
        }},
    })
}

async fn prepare() -> Result<Namespace> {
    let namespace = Namespace::new("explain", json!({})).await?;
    let mut narrow = vault("app");
    narrow["spec"]["access"] = json!([
        {"serviceAccounts": ["somebody-else"]},
        {"serviceAccounts": ["default"], "keys": ["DATABASE_URL", "TLS_KEY"]},
    ]);
    namespace.apply(narrow).await?;
    namespace.apply(reader()).await?;
    let uuid = || json!({"generate": {"type": "uuid"}});
    let data = json!({"DATABASE_URL": uuid(), "TLS_KEY": uuid(), "ADMIN_TOKEN": uuid()});
    namespace.apply(vault_secret("app", "app", data)).await?;
    namespace
        .until("app", |secret: &VaultSecret| {
            condition(
                &secret.status.clone().unwrap_or_default().conditions,
                "Ready",
                "True",
            )
        })
        .await?;
    Ok(namespace)
}

/// The one pod of the Deployment.
async fn the_pod(namespace: &Namespace) -> Result<String> {
    eventually("the Deployment has one pod", || async {
        let pods = namespace
            .api::<Pod>()
            .list(&ListParams::default().labels("app=web"))
            .await?;
        let names: Vec<String> = pods.into_iter().filter_map(|pod| pod.metadata.name).collect();
        match names.as_slice() {
            [one] => Ok(one.clone()),
            _ => bail!("{names:?}"),
        }
    })
    .await
}

/// A pod that is held: what is wrong is told of each item, of the template and of the pod.
async fn told_what_is_wrong(namespace: &Namespace) -> Result<String> {
    namespace
        .apply(deployment("DATABASE_URL,URL=DATABSE_URL,ADMIN=ADMIN_TOKEN"))
        .await?;
    let pod = the_pod(namespace).await?;
    for object in ["deployment/web".to_owned(), format!("pod/{pod}")] {
        let (report, code) = explain(namespace, &object).await?;
        ensure!(code == 1 && report["state"] == "Missing", "{code} {report:#}");
        item(
            &report,
            "URL",
            "Missing",
            Some(("NoKey", "did you mean DATABASE_URL?")),
        )?;
        let needed = "{serviceAccounts: [default], keys: [ADMIN_TOKEN]}";
        item(&report, "ADMIN", "Missing", Some(("NoGrant", needed)))?;
        let waits = Some(("WaitsForOthers", "ADMIN_TOKEN, DATABSE_URL"));
        let good = item(&report, "DATABASE_URL", "Waiting", waits)?;
        ensure!(
            good["sources"][0]["grant"] == json!({"access": 1, "serviceAccount": "default"}),
            "{good:#}"
        );
        item(&report, FILE, "Waiting", waits)?;
    }
    eventually("the server's own words are told", || async {
        let (report, _) = explain(namespace, &format!("pod/{pod}")).await?;
        let first = &report["reasons"][0];
        ensure!(
            first["code"] == "Held"
                && first["message"]
                    .as_str()
                    .is_some_and(|it| it.contains("ADMIN_TOKEN")),
            "{report:#}"
        );
        Ok(())
    })
    .await?;
    Ok(pod)
}

/// Its annotations are mended, and it is not made anew.
async fn told_that_it_is_older(namespace: &Namespace, pod: &str) -> Result<()> {
    let mended = json!({"metadata": {"annotations": {"coffer.dev/env": "DATABASE_URL,URL=DATABASE_URL"}}});
    let pods = namespace.api::<Pod>();
    pods.patch(pod, &PatchParams::default(), &Patch::Merge(&mended))
        .await?;
    let (report, code) = explain(namespace, &format!("pod/{pod}")).await?;
    ensure!(code == 1, "{report:#}");
    item(
        &report,
        "URL",
        "Missing",
        Some(("OlderThanAnnotations", "it carries this from DATABSE_URL")),
    )?;
    item(
        &report,
        "ADMIN",
        "Missing",
        Some(("NoLongerAskedFor", "do not ask for it")),
    )?;
    let (report, _) = explain(namespace, "deployment/web").await?;
    ensure!(
        report["pods"][0]["reasons"]
            .to_string()
            .contains("OlderThanTemplate"),
        "{report:#}"
    );
    Ok(())
}

async fn rotate(api: &Api, key: &str) -> Result<()> {
    let path = format!("{PLACE}/secrets/{key}:rotate");
    let (status, body) = api.request(Method::POST, &path, None).await?;
    ensure!(status.is_success(), "{status} {body}");
    Ok(())
}

fn versions(item: &Value) -> (Option<u64>, Option<u64>) {
    let source = &item["sources"][0];
    (source["held"].as_u64(), source["current"].as_u64())
}

/// A rotation that the pod does not hear of, and then one that it does.
async fn told_both_versions(namespace: &Namespace, pod: &str) -> Result<()> {
    let (app, api) = (
        App::new(namespace, pod),
        Api::with_key(namespace, "reader-key").await?,
    );
    let object = format!("pod/{pod}");
    app.freeze_agent().await?;
    rotate(&api, "TLS_KEY").await?;
    eventually("both versions are told", || async {
        let (report, code) = explain(namespace, &object).await?;
        let file = item(&report, FILE, "Present", Some(("Lags", "version 2 is current")))?;
        ensure!(
            versions(file) == (Some(1), Some(2)) && code == 0,
            "{code} {file:#}"
        );
        Ok(())
    })
    .await?;
    app.thaw_agent().await?;
    eventually(
        "the file has followed, and the variable of the process has not",
        || async {
            // Until one is a second or more after the start of the container: times are in whole seconds.
            rotate(&api, "DATABASE_URL").await?;
            let (report, code) = explain(namespace, &object).await?;
            let file = item(&report, FILE, "Present", None)?;
            ensure!(versions(file) == (Some(2), Some(2)) && code == 0, "{file:#}");
            item(
                &report,
                "DATABASE_URL",
                "Present",
                Some(("StartedBefore", "container web was started at")),
            )?;
            Ok(())
        },
    )
    .await
}

#[tokio::test]
async fn explain_tells_why_each_variable_and_file_is_there_or_is_not() -> Result<()> {
    let _turn = beside().await;
    let namespace = prepare().await?;
    let held = told_what_is_wrong(&namespace).await?;
    told_that_it_is_older(&namespace, &held).await?;

    namespace
        .apply(deployment("DATABASE_URL,URL=DATABASE_URL"))
        .await?;
    eventually("all is there", || async {
        let (report, code) = explain(&namespace, "deployment/web").await?;
        let pods = report["pods"].as_array().context("no pods")?;
        ensure!(
            code == 0 && report["state"] == "Present" && pods.len() == 1,
            "{code} {report:#}"
        );
        Ok(())
    })
    .await?;
    let pod = the_pod(&namespace).await?;
    eventually("the versions are told", || async {
        let (report, _) = explain(&namespace, &format!("pod/{pod}")).await?;
        for name in ["DATABASE_URL", "URL", FILE] {
            let item = item(&report, name, "Present", None)?;
            ensure!(versions(item) == (Some(1), Some(1)), "{item:#}");
        }
        Ok(())
    })
    .await?;
    told_both_versions(&namespace, &pod).await?;
    namespace.end().await
}
