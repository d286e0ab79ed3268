//! The shapes that pods come in.

use anyhow::{Context, Result, bail, ensure};
use coffer_e2e::{APP_IMAGE, App, Namespace, beside, vault, vault_secret, web_pod};
use k8s_openapi::api::{apps::v1::Deployment, batch::v1::Job, core::v1::Pod};
use kube::api::ListParams;
use serde_json::{Value, json};

async fn prepare(test: &str, labels: Value) -> Result<Namespace> {
    let namespace = Namespace::new(test, labels).await?;
    namespace.apply(vault("app")).await?;
    namespace
        .apply(vault_secret(
            "app",
            "app",
            json!({"TOKEN": {"generate": {"type": "hex"}}, "OTHER": {"generate": {"type": "uuid"}}}),
        ))
        .await?;
    Ok(namespace)
}

const ANNOTATIONS: [(&str, &str); 4] = [
    ("inject", "true"),
    ("vault", "app"),
    ("env", "TOKEN"),
    ("file.token", "TOKEN"),
];

fn container(name: &str, arguments: &[&str]) -> Value {
    json!({"name": name, "image": APP_IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["/testapp"], "args": arguments})
}

#[expect(clippy::needless_pass_by_value, reason = "callers write it with json!")]
fn template(spec: Value) -> Value {
    let annotations: serde_json::Map<String, Value> = ANNOTATIONS
        .iter()
        .map(|(key, value)| (format!("coffer.dev/{key}"), json!(value)))
        .collect();
    json!({"metadata": {"labels": {"app": "web"}, "annotations": annotations}, "spec": spec})
}

#[tokio::test]
async fn a_job_completes_though_the_agent_never_ends() -> Result<()> {
    let _turn = beside().await;
    let namespace = prepare("job", json!({})).await?;
    let spec = json!({"restartPolicy": "Never", "containers": [container("work", &["cat", "/var/run/secrets/coffer/token"])]});
    namespace
        .apply(json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "work"}, "spec": {"template": template(spec)}}))
        .await?;
    namespace
        .until("work", |job: &Job| {
            let status = job.status.clone().unwrap_or_default();
            if status.succeeded == Some(1) {
                Ok(())
            } else {
                bail!("{status:?}")
            }
        })
        .await?;
    namespace.end().await
}

#[tokio::test]
async fn a_deployment_with_several_containers_and_an_init_container() -> Result<()> {
    let _turn = beside().await;
    let namespace = prepare("deployment", json!({})).await?;
    let spec = json!({
        "terminationGracePeriodSeconds": 1,
        "initContainers": [container("prepare", &["cat", "/var/run/secrets/coffer/token"])],
        "containers": [container("one", &["serve", "--port", "8080"]), container("two", &["serve", "--port", "8081"])],
    });
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template(spec)},
    });
    namespace.apply(deployment).await?;
    namespace
        .until("web", |deployment: &Deployment| {
            let status = deployment.status.clone().unwrap_or_default();
            if status.ready_replicas == Some(2) {
                Ok(())
            } else {
                bail!("{status:?}")
            }
        })
        .await?;
    let pods = namespace
        .api::<Pod>()
        .list(&ListParams::default().labels("app=web"))
        .await?;
    let mut values = Vec::new();
    for pod in &pods {
        let pod = pod.metadata.name.as_deref().context("a name")?;
        for port in [8080, 8081] {
            values.push(
                App {
                    namespace: &namespace,
                    pod,
                    port,
                }
                .variable("TOKEN")
                .await?,
            );
        }
    }
    ensure!(
        values.len() == 4 && values.iter().all(|value| *value == values[0]),
        "all four see the same"
    );
    namespace.end().await
}

#[tokio::test]
async fn a_restricted_namespace_a_non_root_user_and_a_read_only_root() -> Result<()> {
    let _turn = beside().await;
    let namespace = prepare(
        "restricted",
        json!({"pod-security.kubernetes.io/enforce": "restricted"}),
    )
    .await?;
    let mut pod = web_pod("web", &ANNOTATIONS);
    pod["metadata"]["annotations"]["coffer.dev/file.private"] =
        json!("{key: TOKEN, path: /etc/web/token, mode: \"0400\"}");
    pod["spec"]["securityContext"] = json!({"runAsNonRoot": true, "runAsUser": 4321, "runAsGroup": 4321, "seccompProfile": {"type": "RuntimeDefault"}});
    pod["spec"]["containers"][0]["securityContext"] = json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}});
    namespace.apply(pod).await?;
    namespace.ready("web").await?;
    let app = App::new(&namespace, "web");
    ensure!(
        app.variable("TOKEN").await? == app.file("/etc/web/token").await?,
        "mode 0400, same user"
    );
    namespace.end().await
}

#[tokio::test]
async fn a_guaranteed_pod_stays_guaranteed() -> Result<()> {
    let _turn = beside().await;
    let namespace = prepare("guaranteed", json!({})).await?;
    let mut pod = web_pod("web", &ANNOTATIONS);
    let resources = json!({"cpu": "50m", "memory": "64Mi"});
    pod["spec"]["containers"][0]["resources"] = json!({"requests": resources, "limits": resources});
    namespace.apply(pod).await?;
    let pod = namespace.ready("web").await?;
    let class = pod.status.and_then(|status| status.qos_class);
    ensure!(class.as_deref() == Some("Guaranteed"), "{class:?}");
    namespace.end().await
}

#[tokio::test]
async fn a_template_and_chosen_containers() -> Result<()> {
    let _turn = beside().await;
    let namespace = prepare("template", json!({})).await?;
    let annotations = [
        ("inject", "true"),
        ("vault", "app"),
        ("containers", "one"),
        ("env", "TOKEN"),
        (
            "file.config",
            "path: /etc/web/config\ntemplate: |\n  token={{ TOKEN }}\n  other={{ OTHER }}",
        ),
    ];
    let mut pod = web_pod("web", &annotations);
    pod["spec"]["containers"] = json!([
        container("one", &["serve", "--port", "8080"]),
        container("two", &["serve", "--port", "8081"])
    ]);
    namespace.apply(pod).await?;
    namespace.ready("web").await?;
    let one = App::new(&namespace, "web");
    let config = one.file("/etc/web/config").await?;
    ensure!(
        config.starts_with(&format!("token={}\nother=", one.variable("TOKEN").await?)),
        "the rendered template"
    );
    let two = App {
        namespace: &namespace,
        pod: "web",
        port: 8081,
    };
    ensure!(
        !two.environment().await?.contains_key("TOKEN"),
        "the other container sees nothing"
    );
    ensure!(two.file("/etc/web/config").await.is_err(), "not the file either");
    namespace.end().await
}
