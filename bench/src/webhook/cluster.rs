//! As much of a Kubernetes API as the injector needs: `Vault`s and `VaultSecret`s to know, a Secret for its
//! certificates, its webhook configuration. It answers lists, holds watches open without a word, and counts.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    body::Body,
    extract::{Query, State},
    http::{Method, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures::stream;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Handle};

/// `VaultSecret`s in the cluster.
pub const SECRETS: usize = 1000;
const VAULTS: usize = 50;
/// The injector's namespace, and the names of what it keeps.
pub const NAMESPACE: &str = "coffer-system";
const SECRET: &str = "/api/v1/namespaces/coffer-system/secrets";
const WEBHOOKS: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

/// What it holds.
#[derive(Default)]
pub struct Cluster {
    requests: AtomicU64,
    certificates: Mutex<Option<Value>>,
    authority: Mutex<Value>,
}

impl Cluster {
    /// Serves one on loopback for as long as the program runs.
    pub fn start(runtime: &Handle) -> Result<(Arc<Self>, SocketAddr)> {
        let cluster = Arc::new(Self::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&cluster));
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .context("cannot listen on loopback")?;
        let address = listener.local_addr()?;
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok((cluster, address))
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The `caBundle` that the injector has set, as base64.
    pub fn authority(&self) -> Option<String> {
        self.authority.lock().as_str().map(str::to_owned)
    }
}

async fn answer(
    State(cluster): State<Arc<Cluster>>,
    method: Method,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
    body: String,
) -> Response {
    cluster.requests.fetch_add(1, Ordering::Relaxed);
    if query.contains_key("watch") {
        let silence = Body::from_stream(stream::pending::<Result<String, std::io::Error>>());
        return ([(CONTENT_TYPE, "application/json")], silence).into_response();
    }
    match (method, uri.path()) {
        (Method::GET, "/apis/coffer.dev/v1alpha1/vaults") => list("Vault", (0..VAULTS).map(vault)),
        (Method::GET, "/apis/coffer.dev/v1alpha1/vaultsecrets") => {
            list("VaultSecret", (0..SECRETS).map(vault_secret))
        }
        (Method::GET, SECRET) => list("Secret", cluster.certificates.lock().clone().into_iter()),
        (Method::GET, WEBHOOKS) => list("MutatingWebhookConfiguration", [webhook(&cluster)].into_iter()),
        (Method::POST | Method::PUT, path) if path.starts_with(SECRET) => keep(&cluster, &body),
        (Method::GET, path) if path.starts_with(SECRET) => match cluster.certificates.lock().clone() {
            Some(secret) => Json(secret).into_response(),
            None => refusal(StatusCode::NOT_FOUND),
        },
        (Method::PATCH, path) if path.starts_with(WEBHOOKS) => trust(&cluster, &body),
        (Method::GET, path) if path.starts_with(WEBHOOKS) => Json(webhook(&cluster)).into_response(),
        _ => refusal(StatusCode::NOT_FOUND),
    }
}

fn keep(cluster: &Cluster, body: &str) -> Response {
    let Ok(mut secret) = serde_json::from_str::<Value>(body) else {
        return refusal(StatusCode::BAD_REQUEST);
    };
    secret["metadata"]["resourceVersion"] = json!("2");
    *cluster.certificates.lock() = Some(secret.clone());
    Json(secret).into_response()
}

fn trust(cluster: &Cluster, body: &str) -> Response {
    let Ok(patch) = serde_json::from_str::<Value>(body) else {
        return refusal(StatusCode::BAD_REQUEST);
    };
    *cluster.authority.lock() = patch["webhooks"][0]["clientConfig"]["caBundle"].clone();
    Json(webhook(cluster)).into_response()
}

fn webhook(cluster: &Cluster) -> Value {
    let mut client = json!({"service": {"name": "coffer-injector", "namespace": NAMESPACE}});
    let authority = cluster.authority.lock().clone();
    if authority.is_string() {
        client["caBundle"] = authority;
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "coffer-injector", "resourceVersion": "1"},
        "webhooks": [{"name": "inject.coffer.dev", "clientConfig": client, "sideEffects": "None", "admissionReviewVersions": ["v1"]}],
    })
}

fn vault(n: usize) -> Value {
    json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "Vault",
        "metadata": {"name": format!("vault-{n:03}"), "namespace": "bench", "resourceVersion": "1", "uid": format!("v{n}")},
        "spec": {"access": [{"serviceAccounts": ["*"]}]},
    })
}

fn vault_secret(n: usize) -> Value {
    let spec = json!({
        "vaultRef": {"name": format!("vault-{:03}", n % VAULTS)},
        "data": {
            format!("KEY_{n}"): {"external": {}},
            "DB_URL": {"external": {}},
            "API_TOKEN": {"generate": {"type": "hex"}},
        },
    });
    json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "VaultSecret",
        "metadata": {"name": format!("secret-{n:04}"), "namespace": "bench", "resourceVersion": "1", "uid": format!("s{n}")},
        "spec": spec,
    })
}

fn list(kind: &str, items: impl Iterator<Item = Value>) -> Response {
    Json(json!({
        "apiVersion": "v1", "kind": format!("{kind}List"),
        "metadata": {"resourceVersion": "2"}, "items": items.collect::<Vec<_>>(),
    }))
    .into_response()
}

fn refusal(status: StatusCode) -> Response {
    let body = json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": status.as_u16(),
        "reason": "NotFound", "message": "not here", "metadata": {},
    });
    (status, Json(body)).into_response()
}
