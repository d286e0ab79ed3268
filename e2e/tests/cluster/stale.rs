//! Pods start while the store is down, are marked, and hold present values once it is back.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use coffer_e2e::{App, Namespace, SYSTEM_NAMESPACE, alone, eventually, vault, vault_secret, web_pod};
use k8s_openapi::{
    ByteString,
    api::{
        apps::v1::{Deployment, StatefulSet},
        core::v1::{Pod, Secret},
    },
};
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

const ANNOTATIONS: [(&str, &str); 5] = [
    ("inject", "true"),
    ("vault", "app"),
    ("env", "TOKEN"),
    ("file.token", "TOKEN"),
    ("max-stale", "1h"),
];

/// Stops or starts the operator, with the API server and the store inside.
async fn scale(namespace: &Namespace, replicas: i32) -> Result<()> {
    let operator: Api<StatefulSet> = Api::namespaced(namespace.client.clone(), SYSTEM_NAMESPACE);
    let patch = json!({"spec": {"replicas": replicas}});
    let params = PatchParams::default();
    operator
        .patch("coffer-operator", &params, &Patch::Merge(patch))
        .await?;
    let pods: Api<Pod> = Api::namespaced(namespace.client.clone(), SYSTEM_NAMESPACE);
    let operators = ListParams::default().labels("app.kubernetes.io/component=operator");
    eventually("the operator is scaled", || async {
        let status = operator.get("coffer-operator").await?.status.unwrap_or_default();
        let count = pods.list_metadata(&operators).await?.items.len();
        let ready = status.ready_replicas.unwrap_or(0);
        ensure!(
            ready == replicas && count == usize::try_from(replicas)?,
            "{ready} ready of {count}"
        );
        Ok(())
    })
    .await
}

async fn furnish(namespace: &Namespace) -> Result<()> {
    let mut allowing = vault("app");
    allowing["spec"]["maxStale"] = json!("12h");
    namespace.apply(allowing).await?;
    let token = json!({"TOKEN": {"generate": {"type": "hex"}}});
    namespace.apply(vault_secret("app", "app", token)).await?;
    Ok(())
}

fn deployment() -> Value {
    let pod = web_pod("web", &ANNOTATIONS);
    let labels = json!({"app": "web"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels, "annotations": pod["metadata"]["annotations"]}, "spec": pod["spec"]},
        },
    })
}

/// The names of the Deployment's pods once all of them are of its present template and ready.
async fn rolled(namespace: &Namespace) -> Result<Vec<String>> {
    namespace
        .until("web", |deployment: &Deployment| {
            let status = deployment.status.clone().unwrap_or_default();
            let counts = [
                status.replicas,
                status.updated_replicas,
                status.available_replicas,
            ];
            let seen = status.observed_generation >= deployment.metadata.generation;
            ensure!(seen && counts == [Some(2); 3], "{status:?}");
            Ok(())
        })
        .await?;
    eventually("only the new pods are there", || async {
        let pods = namespace
            .api::<Pod>()
            .list(&ListParams::default().labels("app=web"))
            .await?;
        ensure!(pods.items.len() == 2, "{} pods", pods.items.len());
        Ok(pods.iter().map(ResourceExt::name_any).collect())
    })
    .await
}

/// What the pod's condition says, if it is there.
fn stale(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let found = conditions.iter().find(|one| one.type_ == "coffer.dev/Stale")?;
    Some(found.status.clone())
}

async fn token(namespace: &Namespace, pod: &str) -> Result<String> {
    let app = App::new(namespace, pod);
    let (variable, file) = (
        app.variable("TOKEN").await?,
        app.file("/var/run/secrets/coffer/token").await?,
    );
    ensure!(variable == file, "a variable and a file of one secret differ");
    Ok(variable)
}

async fn bundle(namespace: &Namespace) -> Result<Secret> {
    let ours = ListParams::default().labels("coffer.dev/managed-by=Vault");
    eventually("the operator keeps a bundle", || async {
        let found = namespace.api::<Secret>().list(&ours).await?;
        found.items.into_iter().next().context("no bundle yet")
    })
    .await
}

/// Puts a copy of somebody's bundle where the stranger's own would be.
async fn steal(stranger: &Namespace, stolen: &Secret) -> Result<()> {
    let pod: Pod = serde_json::from_value(web_pod("thief", &ANNOTATIONS))?;
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let pod = stranger.api::<Pod>().create(&params, &pod).await?;
    let volumes = pod.spec.context("a spec")?.volumes.unwrap_or_default();
    let name = volumes.into_iter().find_map(|volume| volume.secret?.secret_name);
    let data: BTreeMap<String, ByteString> = stolen.data.clone().context("a bundle has data")?;
    let copy = Secret {
        metadata: kube::api::ObjectMeta {
            name: Some(name.context("the pod mounts no Secret")?),
            ..kube::api::ObjectMeta::default()
        },
        data: Some(data),
        ..Secret::default()
    };
    stranger
        .api::<Secret>()
        .create(&PostParams::default(), &copy)
        .await?;
    stranger.apply(web_pod("thief", &ANNOTATIONS)).await?;
    Ok(())
}

/// It asked for a key, got its own, and that opens nothing.
async fn came_to_nothing(stranger: &Namespace) -> Result<()> {
    stranger
        .until("thief", |pod: &Pod| {
            let status = pod.status.clone().unwrap_or_default();
            let agent = status
                .init_container_statuses
                .unwrap_or_default()
                .into_iter()
                .next();
            let ended = agent.and_then(|agent| agent.last_state?.terminated);
            match ended.and_then(|ended| ended.message) {
                Some(words) if words.contains("not sealed for this pod") => Ok(()),
                other => bail!("the agent says {other:?}"),
            }
        })
        .await
}

/// While nothing of the store runs.
async fn outage(namespace: &Namespace, stranger: &Namespace, stolen: &Secret, before: &str) -> Result<()> {
    steal(stranger, stolen).await?;
    let again = json!({"spec": {"template": {"metadata": {"annotations": {"example.com/rolled": "again"}}}}});
    let deployments = namespace.api::<Deployment>();
    deployments
        .patch("web", &PatchParams::default(), &Patch::Merge(again))
        .await?;
    for name in rolled(namespace).await? {
        let pod = namespace.api::<Pod>().get(&name).await?;
        ensure!(
            stale(&pod).as_deref() == Some("True"),
            "{name} is not marked: {:?}",
            pod.status
        );
        ensure!(
            token(namespace, &name).await? == before,
            "{name} has other values"
        );
    }
    let events = namespace.events().await?;
    ensure!(
        events.iter().any(|event| event.starts_with("StartedFromBundle")),
        "{events:?}"
    );
    came_to_nothing(stranger).await
}

#[tokio::test]
async fn pods_start_while_the_store_is_down_and_are_marked() -> Result<()> {
    let _turn = alone().await;
    let namespace = Namespace::new("stale", json!({})).await?;
    let stranger = Namespace::new("stranger", json!({})).await?;
    furnish(&namespace).await?;
    furnish(&stranger).await?;
    namespace.apply(deployment()).await?;
    let first = rolled(&namespace).await?;
    let before = token(&namespace, &first[0]).await?;
    for name in &first {
        let pod = namespace.api::<Pod>().get(name).await?;
        ensure!(
            stale(&pod).is_none(),
            "{name} is marked though the store is there"
        );
    }
    let stolen = bundle(&namespace).await?;
    scale(&namespace, 0).await?;
    let survived = outage(&namespace, &stranger, &stolen, &before).await;
    scale(&namespace, 1).await?;
    survived?;
    for name in rolled(&namespace).await? {
        namespace
            .until(&name, |pod: &Pod| match stale(pod).as_deref() {
                Some("False") => Ok(()),
                other => bail!("Stale is {other:?}"),
            })
            .await?;
        ensure!(
            token(&namespace, &name).await? == before,
            "{name}: the store kept the value"
        );
    }
    stranger.ready("thief").await?;
    ensure!(token(&stranger, "thief").await? != before, "it has its own value");
    stranger.end().await?;
    namespace.end().await
}
