//! Keys of bundles over HTTP: who gets one, who is marked, and who is told no. The API server is a script.

use std::{convert::Infallible, sync::Arc};

use axum::{body::Body as HttpBody, http::Request};
use coffer_bundle::{ROOT_BYTES, RootKeys};
use coffer_injector::{
    bundle::{self, Keys},
    metrics::Metrics,
    watch::Shared,
};
use coffer_wire::{
    SecretValue,
    bundle::{BundleContent, BundleIdentity, CURRENT_PATH, Header, KEY_PATH, KeyAnswer, KeyRequest},
};
use hyper::{Method, Response, StatusCode};
use jiff::Timestamp;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt;

const NOW: u64 = 1_000_000;

/// What the API server says and is told.
struct Cluster {
    review: Value,
    pod: Option<Value>,
    status_fails: bool,
    patches: Vec<Value>,
    events: Vec<Value>,
}

struct World {
    cluster: Arc<Mutex<Cluster>>,
    keys: Arc<Keys>,
    metrics: Arc<Metrics>,
    header: Header,
    root: RootKeys,
    _directory: tempfile::TempDir,
}

fn content() -> BundleContent {
    BundleContent {
        organization: "team-a".into(),
        vault: "app".into(),
        environment: "default".into(),
        names: Some(vec!["DB_URL".into()]),
        max_stale: 3600,
    }
}

fn answer(cluster: &Mutex<Cluster>, method: &Method, path: &str, body: Value) -> (StatusCode, Value) {
    let mut cluster = cluster.lock();
    match (method.as_str(), path) {
        ("POST", "/apis/authentication.k8s.io/v1/tokenreviews") => {
            assert_eq!(
                body["spec"]["audiences"],
                json!(["coffer"]),
                "asked for our audience"
            );
            let known = body["spec"]["token"] == "good";
            let status = if known {
                cluster.review.clone()
            } else {
                json!({"authenticated": false})
            };
            (
                StatusCode::CREATED,
                json!({"metadata": {}, "spec": body["spec"], "status": status}),
            )
        }
        ("GET", "/api/v1/namespaces/team-a/pods/web-1") => match &cluster.pod {
            Some(pod) => (StatusCode::OK, pod.clone()),
            None => (
                StatusCode::NOT_FOUND,
                json!({"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound", "message": ""}),
            ),
        },
        ("PATCH", "/api/v1/namespaces/team-a/pods/web-1/status") if !cluster.status_fails => {
            cluster.patches.push(body);
            (StatusCode::OK, cluster.pod.clone().unwrap_or_default())
        }
        ("POST", "/apis/events.k8s.io/v1/namespaces/team-a/events") => {
            cluster.events.push(body.clone());
            (StatusCode::CREATED, body)
        }
        _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({"kind": "Status", "status": "Failure", "code": 500, "reason": "Broken", "message": path}),
        ),
    }
}

fn client(cluster: Arc<Mutex<Cluster>>) -> kube::Client {
    let service = tower::service_fn(move |request: Request<Body>| {
        let cluster = cluster.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap_or_default();
            let (status, json) = answer(&cluster, &parts.method, parts.uri.path(), body);
            let body = Body::from(json.to_string().into_bytes());
            let response = Response::builder()
                .status(status)
                .header("content-type", "application/json");
            Ok::<_, Infallible>(response.body(body).unwrap())
        }
    });
    kube::Client::new(service, "coffer-system")
}

impl World {
    fn new() -> Self {
        let cluster = Arc::new(Mutex::new(Cluster {
            review: json!({"authenticated": true, "audiences": ["coffer"], "user": {
                "username": "system:serviceaccount:team-a:web",
                "extra": {"authentication.kubernetes.io/pod-name": ["web-1"], "authentication.kubernetes.io/pod-uid": ["u1"]},
            }}),
            pod: Some(json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": "web-1", "namespace": "team-a", "uid": "u1", "labels": {"coffer.dev/injected": "true"},
                    "annotations": {"coffer.dev/max-stale": "1h"}},
                "spec": {"serviceAccountName": "web", "containers": []}, "status": {"phase": "Pending"},
            })),
            status_fails: false,
            patches: Vec::new(),
            events: Vec::new(),
        }));
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("current"), [5; ROOT_BYTES]).unwrap();
        let root = RootKeys::new(SecretValue::new(vec![5; ROOT_BYTES]), None).unwrap();
        let known = Shared::default();
        let spec = json!({"maxStale": "1h", "access": [{"serviceAccounts": ["web"]}]});
        let spec = serde_json::from_value(spec).unwrap();
        known.write().put_vault(("team-a".into(), "app".into()), &spec);
        let metrics = Arc::new(Metrics::new().unwrap());
        let now = Timestamp::from_second(i64::try_from(NOW).unwrap()).unwrap();
        let keys = Keys::new(
            client(cluster.clone()),
            directory.path().to_owned(),
            "coffer".into(),
            "injector-0".into(),
            known,
            metrics.clone(),
            Arc::new(move || now),
        );
        let header = Header {
            generation: root.generation(),
            issued: NOW - 60,
            max_stale: 3600,
            salt: [1; 32],
        };
        Self {
            cluster,
            keys: Arc::new(keys),
            metrics,
            header,
            root,
            _directory: directory,
        }
    }

    async fn post(&self, path: &str, token: &str, body: Vec<u8>) -> (StatusCode, Vec<u8>) {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .body(HttpBody::from(body))
            .unwrap();
        let response = bundle::router(self.keys.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, body.to_vec())
    }

    async fn ask(&self, token: &str, content: BundleContent) -> (StatusCode, Vec<u8>) {
        let header = self.header.to_bytes().to_vec();
        let request = KeyRequest { content, header };
        self.post(KEY_PATH, token, serde_json::to_vec(&request).unwrap())
            .await
    }

    fn count(&self, outcome: &str) -> bool {
        let line = format!("coffer_injector_bundle_requests_total{{outcome=\"{outcome}\"}} 1");
        self.metrics.render().lines().any(|it| it == line)
    }

    /// Nobody got a key, and nobody was marked.
    async fn refused(&self, token: &str, content: BundleContent) -> StatusCode {
        let (status, body) = self.ask(token, content).await;
        assert!(!status.is_success(), "{status}");
        assert!(!String::from_utf8_lossy(&body).contains("\"key\""));
        assert!(self.cluster.lock().patches.is_empty());
        assert!(self.count("refused"));
        status
    }
}

#[tokio::test]
async fn a_pod_that_may_gets_the_key_of_its_bundle_and_is_marked() {
    let world = World::new();
    let (status, body) = world.ask("good", content()).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
    let answer: KeyAnswer = serde_json::from_slice(&body).unwrap();
    let identity = BundleIdentity {
        namespace: "team-a".into(),
        service_account: "web".into(),
        content: content(),
    };
    let key = world.root.derive(&world.header, &identity).unwrap();
    assert_eq!(answer.key.reveal(), &*key);
    let cluster = world.cluster.lock();
    let patch = &cluster.patches[0];
    assert_eq!(patch["metadata"]["uid"], "u1", "this very pod");
    let condition = &patch["status"]["conditions"][0];
    assert_eq!(
        (&condition["type"], &condition["status"]),
        (&json!("coffer.dev/Stale"), &json!("True"))
    );
    assert!(
        condition["message"]
            .as_str()
            .unwrap()
            .contains("1970-01-12T13:45:40Z"),
        "{condition}"
    );
    assert_eq!(cluster.events[0]["reason"], "StartedFromBundle");
    assert_eq!(cluster.events[0]["regarding"]["uid"], "u1");
    assert!(world.count("given"));
}

#[tokio::test]
async fn a_key_is_the_token_holders_whatever_the_request_says() {
    let world = World::new();
    world.cluster.lock().review["user"]["username"] = json!("system:serviceaccount:team-a:worker");
    world.cluster.lock().pod.as_mut().unwrap()["spec"]["serviceAccountName"] = json!("worker");
    assert_eq!(
        world.refused("good", content()).await,
        StatusCode::FORBIDDEN,
        "the vault lets only web in"
    );
}

#[tokio::test]
async fn no_token_no_live_pod_no_grant_no_key() {
    let world = World::new();
    assert_eq!(world.refused("bad", content()).await, StatusCode::UNAUTHORIZED);

    let world = World::new();
    world.cluster.lock().review["audiences"] = json!(["https://kubernetes.default.svc"]);
    assert_eq!(
        world.refused("good", content()).await,
        StatusCode::UNAUTHORIZED,
        "meant for others"
    );

    let world = World::new();
    world.cluster.lock().pod = None;
    assert_eq!(
        world.refused("good", content()).await,
        StatusCode::FORBIDDEN,
        "dead"
    );

    let world = World::new();
    world.cluster.lock().pod.as_mut().unwrap()["metadata"]["uid"] = json!("u2");
    assert_eq!(
        world.refused("good", content()).await,
        StatusCode::FORBIDDEN,
        "another pod"
    );

    let world = World::new();
    let foreign = BundleContent {
        vault: "private".into(),
        ..content()
    };
    assert_eq!(
        world.refused("good", foreign).await,
        StatusCode::FORBIDDEN,
        "another vault"
    );

    let mut world = World::new();
    world.header.issued = NOW - 3601;
    assert_eq!(
        world.refused("good", content()).await,
        StatusCode::FORBIDDEN,
        "too old"
    );

    let mut world = World::new();
    world.header.generation = [0; 8];
    assert_eq!(
        world.refused("good", content()).await,
        StatusCode::FORBIDDEN,
        "a root key that is gone"
    );
}

#[tokio::test]
async fn nobody_gets_a_key_who_cannot_be_marked() {
    let world = World::new();
    world.cluster.lock().status_fails = true;
    let (status, _) = world.ask("good", content()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(world.count("unavailable") && !world.count("given"));
}

#[tokio::test]
async fn the_mark_goes_by_the_pods_word() {
    let world = World::new();
    let (status, _) = world.post(CURRENT_PATH, "good", vec![]).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(world.cluster.lock().patches.is_empty(), "it was not marked");
    world.cluster.lock().pod.as_mut().unwrap()["status"]["conditions"] =
        json!([{"type": "coffer.dev/Stale", "status": "True"}]);
    let (status, _) = world.post(CURRENT_PATH, "good", vec![]).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let cluster = world.cluster.lock();
    assert_eq!(cluster.patches[0]["status"]["conditions"][0]["status"], "False");
    assert_eq!(cluster.events[0]["reason"], "ValuesCurrent");
}

#[tokio::test]
async fn what_is_no_request_is_told_so() {
    let world = World::new();
    for body in [&b"{}"[..], b"", b"{\"content\":{},\"header\":[]}"] {
        let (status, _) = world.post(KEY_PATH, "good", body.to_vec()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}
