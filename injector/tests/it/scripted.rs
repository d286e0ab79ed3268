//! An API server that holds one Secret and one webhook configuration, and can be told to fail.

use std::{convert::Infallible, sync::Arc};

use hyper::{Method, Request, Response, StatusCode};
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};

/// What the API server holds.
#[derive(Default)]
pub struct State {
    /// The Secret.
    pub secret: Option<Value>,
    /// The webhook configuration.
    pub webhook: Option<Value>,
    /// The number of requests until one fails with 500; counts down.
    pub fail_in: Option<u32>,
    /// Writes that got through.
    pub writes: u32,
    version: u64,
}

/// The API server; clones are the same one.
#[derive(Clone, Default)]
pub struct Scripted(Arc<Mutex<State>>);

/// A webhook configuration as the chart installs it.
pub fn webhook() -> Value {
    let entry = |name: &str| {
        json!({ "name": name, "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "clientConfig": { "service": { "name": "coffer-injector", "namespace": "coffer-system", "path": "/mutate" } } })
    };
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": { "name": "coffer-injector", "resourceVersion": "1" },
        "webhooks": [entry("a.injector.coffer.dev"), entry("b.injector.coffer.dev")],
    })
}

impl Scripted {
    /// With a webhook configuration installed.
    pub fn installed() -> Self {
        let scripted = Self::default();
        scripted.edit(|state| state.webhook = Some(webhook()));
        scripted
    }

    /// Looks at or changes what it holds.
    pub fn edit<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock())
    }

    /// A client of it.
    pub fn client(&self) -> kube::Client {
        let scripted = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let scripted = scripted.clone();
            async move { Ok::<_, Infallible>(scripted.answer(request).await) }
        });
        kube::Client::new(service, "coffer-system")
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let bytes = body.collect_bytes().await.unwrap();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let mut state = self.0.lock();
        if let Some(left) = &mut state.fail_in {
            *left = left.saturating_sub(1);
            if *left == 0 {
                state.fail_in = None;
                return refusal(StatusCode::INTERNAL_SERVER_ERROR);
            }
        }
        let secrets = "/api/v1/namespaces/coffer-system/secrets";
        let webhooks = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
        match (parts.method, parts.uri.path()) {
            (Method::GET, path) if path == format!("{secrets}/coffer-injector-tls") => {
                found(state.secret.as_ref())
            }
            (Method::POST, path) if path == secrets => state.create(body),
            (Method::PUT, path) if path == format!("{secrets}/coffer-injector-tls") => state.replace(body),
            (Method::GET, path) if path == format!("{webhooks}/coffer-injector") => {
                found(state.webhook.as_ref())
            }
            (Method::PATCH, path) if path == format!("{webhooks}/coffer-injector") => {
                assert_eq!(
                    parts.headers["content-type"],
                    "application/strategic-merge-patch+json"
                );
                state.patch(&body)
            }
            (method, path) => panic!("{method} {path} needs rights that the injector does not have"),
        }
    }
}

impl State {
    fn create(&mut self, mut secret: Value) -> Response<Body> {
        if self.secret.is_some() {
            return refusal(StatusCode::CONFLICT);
        }
        secret["metadata"]["resourceVersion"] = self.next();
        found(Some(self.secret.insert(secret)))
    }

    fn replace(&mut self, mut secret: Value) -> Response<Body> {
        let Some(held) = &self.secret else {
            return refusal(StatusCode::NOT_FOUND);
        };
        if held["metadata"]["resourceVersion"] != secret["metadata"]["resourceVersion"] {
            return refusal(StatusCode::CONFLICT);
        }
        secret["metadata"]["resourceVersion"] = self.next();
        found(Some(self.secret.insert(secret)))
    }

    /// Strategic merge of `webhooks` by name, as far as the injector uses it.
    fn patch(&mut self, patch: &Value) -> Response<Body> {
        let version = self.next();
        let Some(held) = &mut self.webhook else {
            return refusal(StatusCode::NOT_FOUND);
        };
        if held["metadata"]["resourceVersion"] != patch["metadata"]["resourceVersion"] {
            return refusal(StatusCode::CONFLICT);
        }
        for entry in patch["webhooks"].as_array().unwrap() {
            let all = held["webhooks"].as_array_mut().unwrap();
            let old = all.iter_mut().find(|old| old["name"] == entry["name"]).unwrap();
            old["clientConfig"]["caBundle"] = entry["clientConfig"]["caBundle"].clone();
        }
        held["metadata"]["resourceVersion"] = version;
        found(Some(held))
    }

    fn next(&mut self) -> Value {
        self.version += 1;
        self.writes += 1;
        json!(format!("v{}", self.version))
    }
}

fn found(object: Option<&Value>) -> Response<Body> {
    match object {
        Some(object) => Response::new(Body::from(object.to_string().into_bytes())),
        None => refusal(StatusCode::NOT_FOUND),
    }
}

fn refusal(code: StatusCode) -> Response<Body> {
    let reason = code.canonical_reason().unwrap().replace(' ', "");
    let status = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code.as_u16(),
        "reason": reason, "message": "scripted" });
    Response::builder()
        .status(code)
        .body(Body::from(status.to_string().into_bytes()))
        .unwrap()
}
