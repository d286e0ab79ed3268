//! From asking the API for a rotation to the new content in the file that the application opens, asked over and
//! over through the Kubernetes API's proxy to the pod.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use coffer_e2e::{Api, App, Namespace, web_pod};
use reqwest::Method;
use serde_json::json;

use crate::{
    cli::Settings,
    node,
    report::{Row, Unit},
    stats::{median, percentile},
};

const FILE: &str = "/var/run/secrets/coffer/token";
const ROTATE: &str = "/vaults/app/environments/default/secrets/TOKEN:rotate";
const PATIENCE: Duration = Duration::from_secs(30);

/// Many rotations, one after the other.
pub async fn measure(settings: &Settings) -> Result<Vec<Row>> {
    let namespace = node::namespace("rotation").await?;
    node::token(&namespace).await?;
    namespace.apply(key()).await?;
    let annotations = [("inject", "true"), ("vault", "app"), ("file.token", "TOKEN")];
    namespace.apply(web_pod("web", &annotations)).await?;
    namespace.ready("web").await?;
    let follower = Follower {
        app: App::new(&namespace, "web"),
        api: Api::with_key(&namespace, "rotator-key").await?,
        token: token(&namespace).await?,
    };
    let (mut times, mut looks) = (Vec::new(), Vec::new());
    for _ in 0..settings.rotations {
        let (time, look) = follower.rotate().await?;
        times.push(time);
        looks.push(look);
    }
    drop(follower);
    namespace.end().await?;
    let note = format!(
        "{} rotations; a look into the file takes {:.1} ms itself",
        times.len(),
        median(&looks)
    );
    Ok(vec![
        Row::new(
            "p50, from the request to the new content",
            median(&times),
            Unit::Milliseconds,
        )
        .note(note),
        Row::new("p99", percentile(&times, 99), Unit::Milliseconds),
    ])
}

/// An API key that may rotate.
fn key() -> serde_json::Value {
    json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "ApiKey", "metadata": {"name": "rotator"},
        "spec": {"vaultRef": {"name": "app"}, "scopes": ["secrets:read", "secrets:rotate"], "writeTo": {"secretName": "rotator-key"}},
    })
}

async fn token(namespace: &Namespace) -> Result<String> {
    let secret = namespace
        .api::<k8s_openapi::api::core::v1::Secret>()
        .get("rotator-key")
        .await?;
    let token = secret
        .data
        .unwrap_or_default()
        .remove("token")
        .unwrap_or_default();
    Ok(String::from_utf8(token.0)?)
}

struct Follower<'a> {
    app: App<'a>,
    api: Api,
    token: String,
}

impl Follower<'_> {
    /// Milliseconds of one rotation, and of one look into the file.
    async fn rotate(&self) -> Result<(f64, f64)> {
        let looked = Instant::now();
        let before = self.app.file(FILE).await?;
        let look = milliseconds(looked);
        let start = Instant::now();
        let (status, body) = self.api.send(Method::POST, ROTATE, None, &self.token).await?;
        ensure!(
            status.is_success(),
            "the rotation was refused: {status} {}",
            body["message"]
        );
        while self.app.file(FILE).await? == before {
            ensure!(
                start.elapsed() < PATIENCE,
                "the file still holds the old value after {PATIENCE:?}"
            );
        }
        Ok((milliseconds(start), look))
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
