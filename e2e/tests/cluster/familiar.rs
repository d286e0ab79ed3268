//! What people have already: references in variables, also out of a `ConfigMap`, and the annotations of vault-k8s.

use anyhow::{Context, Result, ensure};
use coffer_e2e::{APP_IMAGE, Api, App, Namespace, beside, eventually, vault_secret, web_pod};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::first_light::reader;

/// The values, and what is in the member of the one that is JSON.
const PIN: &str = "4711-op";
const TOKEN: &str = "token-of-a-config-map";
const MEMBER: &str = "member-of-json";

/// A Vault that says which references are its secrets.
fn vault() -> Value {
    json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "Vault", "metadata": {"name": "app"},
        "spec": {"access": [{"serviceAccounts": ["*"]}], "references": [
            {"prefix": "vault:secret/data/team", "name": "{path}"},
            {"prefix": "op://Team Vault"},
        ]},
    })
}

/// A pod that sets references, in all three forms, one of them brought by `envFrom`.
fn pod(namespace: &Namespace) -> Value {
    let mut pod = web_pod("web", &[("inject", "true")]);
    let own = format!("coffer://{}/app/default/card/pin", namespace.name);
    pod["spec"]["containers"][0]["env"] = json!([
        {"name": "DB_PASSWORD", "value": "vault:secret/data/team/db#password"},
        {"name": "URL", "value": "postgres://u:$(DB_PASSWORD)@db"},
        {"name": "PIN", "value": "op://Team Vault/card/pin"},
        {"name": "OWN", "value": own},
        {"name": "VAULT_HOST", "value": "vault:8200"},
    ]);
    pod["spec"]["containers"][0]["envFrom"] =
        json!([{"prefix": "APP_", "configMapRef": {"name": "settings"}}]);
    pod
}

/// As the pages of vault-k8s have it: not a word of ours.
fn deployment() -> Value {
    let annotations = json!({
        "vault.hashicorp.com/agent-inject": "true",
        "vault.hashicorp.com/role": "web",
        "vault.hashicorp.com/agent-inject-secret-config": "secret/data/team/db",
        "vault.hashicorp.com/agent-inject-template-config":
            "{{- with secret \"secret/data/team/db\" -}}\npassword={{ .Data.data.password }}\n{{- end }}\n",
        "vault.hashicorp.com/agent-inject-secret-all.env": "secret/data/team/db",
        "vault.hashicorp.com/agent-inject-template-all.env":
            "{{ with secret \"secret/data/team/db\" }}{{ range $k, $v := .Data.data }}export {{ $k }}='{{ $v }}'\n{{ end }}{{ end }}",
    });
    let container = json!({
        "name": "web", "image": APP_IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["/testapp"], "args": ["serve"],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1},
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "old"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "old"}}, "template": {
            "metadata": {"labels": {"app": "old"}, "annotations": annotations},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
        }},
    })
}

/// The complaints: variables instead of files (vault-k8s 14), references that reach a program as text (vault-k8s 40,
/// Bank-Vaults 1467).
#[tokio::test]
async fn what_people_have_arrives_as_values_and_never_as_text() -> Result<()> {
    let _turn = beside().await;
    let namespace = Namespace::new("familiar", json!({})).await?;
    namespace.apply(vault()).await?;
    namespace.apply(reader()).await?;
    let data = json!({"db": {"external": {}}, "card/pin": {"external": {}}, "TOKEN": {"external": {}}});
    namespace.apply(vault_secret("app", "app", data)).await?;
    let settings = json!({"TOKEN": format!("coffer://{}/app/default/TOKEN", namespace.name), "LOG": "info"});
    namespace
        .apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": settings}))
        .await?;
    let api = Api::with_key(&namespace, "reader-key").await?;
    let whole = json!({"password": MEMBER, "user": "ann"}).to_string();
    for (name, value) in [("db", whole.as_str()), ("card/pin", PIN), ("TOKEN", TOKEN)] {
        api.put("app", name, value).await?;
    }

    namespace.apply(pod(&namespace)).await?;
    namespace.apply(deployment()).await?;
    namespace.ready("web").await?;
    let app = App::new(&namespace, "web");
    let seen = app.environment().await?;
    for (name, expected) in [
        ("DB_PASSWORD", MEMBER),
        ("URL", &format!("postgres://u:{MEMBER}@db")),
        ("PIN", PIN),
        ("OWN", PIN),
        ("APP_TOKEN", TOKEN),
        ("APP_LOG", "info"),
        ("VAULT_HOST", "vault:8200"),
    ] {
        let value = seen.get(name).with_context(|| format!("no variable {name}"))?;
        ensure!(
            value == expected.as_bytes(),
            "{name} is {:?}",
            String::from_utf8_lossy(value)
        );
    }

    let old = eventually("the Deployment makes its pod", || async {
        let pods = namespace
            .api::<Pod>()
            .list(&ListParams::default().labels("app=old"))
            .await?;
        pods.items
            .into_iter()
            .find_map(|pod| pod.metadata.name)
            .context("no pod yet")
    })
    .await?;
    namespace.ready(&old).await?;
    let app = App::new(&namespace, &old);
    for (name, expected) in [
        ("config", format!("password={MEMBER}\n")),
        (
            "all.env",
            format!("export password='{MEMBER}'\nexport user='ann'\n"),
        ),
    ] {
        let seen = app.file(&format!("/vault/secrets/{name}")).await?;
        ensure!(seen == expected, "{name} holds {seen:?}");
    }
    namespace.end().await
}
