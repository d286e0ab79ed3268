//! From applying a pod to the first line that its application prints, by the container runtime's own
//! timestamp of that line: plain pods and injected ones in turns. Client and node must share a clock.

use anyhow::{Context, Result, bail};
use coffer_e2e::{APP_IMAGE, Namespace};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{DeleteParams, LogParams},
};
use serde_json::{Value, json};

use crate::{
    cli::Settings,
    node,
    report::{Goal, Row, Unit},
    stats::{median, percentile},
};

/// Medians of both sorts of pods, and what lies between them.
pub async fn measure(settings: &Settings) -> Result<Vec<Row>> {
    let namespace = node::namespace("start").await?;
    node::token(&namespace).await?;
    let plain = json!({});
    let injected = node::opted_in(&[("env", "TOKEN"), ("file.token", "TOKEN")]);
    let (mut plains, mut injecteds) = (Vec::new(), Vec::new());
    for n in 0..=settings.pods {
        let a = start(&namespace, &format!("plain-{n}"), &plain).await?;
        let b = start(&namespace, &format!("injected-{n}"), &injected).await?;
        eprintln!("   {n} of {}: plain {a:.0} ms, injected {b:.0} ms", settings.pods);
        // The first of each fills caches.
        if n > 0 {
            plains.push(a);
            injecteds.push(b);
        }
    }
    namespace.end().await?;
    Ok(rows(&plains, &injecteds))
}

fn rows(plain: &[f64], injected: &[f64]) -> Vec<Row> {
    let row = |name: &str, times: &[f64]| {
        Row::new(name, median(times), Unit::Milliseconds).note(format!(
            "p90 {:.0} ms, {} pods",
            percentile(times, 90),
            times.len()
        ))
    };
    vec![
        row("plain pod, apply to first line of the application", plain),
        row("injected: one variable, one file", injected),
        Row::new(
            "injected minus plain, medians",
            median(injected) - median(plain),
            Unit::Milliseconds,
        )
        .goal(Goal::AtMost(200.0)),
    ]
}

#[expect(
    clippy::disallowed_methods,
    reason = "compared with timestamps of the container runtime"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Milliseconds from apply to the first line; the pod is gone afterwards.
async fn start(namespace: &Namespace, name: &str, annotations: &Value) -> Result<f64> {
    let asked = now();
    namespace.apply(pod(name, annotations)).await?;
    namespace
        .until(name, |pod: &Pod| {
            let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
            match phase {
                Some("Succeeded") => Ok(()),
                other => bail!("{name} is {other:?}"),
            }
        })
        .await?;
    let pods: Api<Pod> = namespace.api();
    let said = first_line(&pods, name).await?;
    pods.delete(name, &DeleteParams::default().grace_period(0))
        .await?;
    Ok(said.duration_since(asked).as_secs_f64() * 1000.0)
}

async fn first_line(pods: &Api<Pod>, name: &str) -> Result<Timestamp> {
    let options = LogParams {
        container: Some("app".to_owned()),
        timestamps: true,
        ..LogParams::default()
    };
    let log = pods.logs(name, &options).await?;
    let time = log.split(' ').next().context("the application printed nothing")?;
    time.parse().with_context(|| format!("no timestamp: {log}"))
}

fn pod(name: &str, annotations: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": annotations},
        "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
            "containers": [{
                "name": "app", "image": APP_IMAGE, "imagePullPolicy": "IfNotPresent",
                "command": ["/testapp"], "args": ["cat", "/etc/hostname"],
            }],
        },
    })
}
