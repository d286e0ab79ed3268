//! Probes and metrics.

use std::sync::Arc;

use async_trait::async_trait;
use coffer_api_server::identity::{
    ClusterKeys, IdentityOptions, KeyRing, KeysError, WhileTokenLasts, WorkloadIdentity,
};

use crate::support::{Choices, Reply, TestServer, body, secret};

async fn at_root(server: &TestServer, path: &str) -> Reply {
    let url = format!("http://{}{path}", server.address);
    Reply::of(server.http.get(url).send().await.unwrap()).await
}

#[tokio::test]
async fn probes_answer_without_credentials() {
    let server = TestServer::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(at_root(&server, path).await.expect(200)["status"], "ok");
    }
}

struct NoKeys;

#[async_trait]
impl ClusterKeys for NoKeys {
    async fn fetch(&self) -> Result<String, KeysError> {
        Err(KeysError("not there yet".to_owned()))
    }
}

#[tokio::test]
async fn a_server_without_the_clusters_keys_is_not_ready() {
    let options = IdentityOptions {
        issuer: "i".to_owned(),
        audience: "a".to_owned(),
    };
    let identity = WorkloadIdentity::new(options, KeyRing::new(Arc::new(NoKeys)), Arc::new(WhileTokenLasts));
    let choices = Choices {
        identity: Some(Arc::new(identity)),
        ..Choices::default()
    };
    let server = TestServer::with(choices).await;
    let reply = at_root(&server, "/readyz").await.expect(503);
    assert_eq!(reply["waiting"], serde_json::json!(["workload-keys"]));
    at_root(&server, "/healthz").await.expect(200);
}

#[tokio::test]
async fn metrics_count_by_template_and_name_nothing() {
    let server = TestServer::start().await;
    server
        .put(&secret("VERY_SECRET_NAME"), &body("hunter2"))
        .await
        .expect(201);
    server
        .get(&secret("VERY_SECRET_NAME?version=9"))
        .await
        .expect(404);
    server
        .get_as("coffer_wrong", &secret("VERY_SECRET_NAME"))
        .await
        .expect(401);
    let text = at_root(&server, "/metrics").await.expect(200).text;
    let template = "/coffer/v1/organizations/{org}/vaults/{vault}/environments/{environment}/secrets/{*name}";
    for (class, count) in [("2xx", 1), ("4xx", 2)] {
        let line = format!(
            "coffer_http_request_seconds_count{{class=\"{class}\",door=\"native\",route=\"{template}\"}} {count}"
        );
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(text.contains("coffer_auth_failures_total{door=\"native\"} 1"));
    assert!(!text.contains("VERY_SECRET_NAME") && !text.contains("hunter2") && !text.contains("acme"));
}

#[tokio::test]
async fn public_routes_are_exact_paths() {
    let server = TestServer::start().await;
    for path in [
        "//healthz",
        "/healthz/",
        "/%68ealthz/x",
        "/Healthz",
        "/healthz%2f",
        "/x/healthz",
    ] {
        assert_eq!(at_root(&server, path).await.status, 404, "{path}");
    }
    let guarded = format!("/coffer/v1{}?foo=/healthz", secret("V"));
    for path in [
        &*guarded,
        "/coffer/v1/whoami?x=/healthz",
        "/coffer/v1/organizations/acme/vaults#/healthz",
    ] {
        assert_eq!(at_root(&server, path).await.status, 401, "{path}");
    }
    let post = server
        .http
        .post(format!("http://{}/healthz", server.address))
        .send()
        .await
        .unwrap();
    assert_eq!(post.status(), 405);
}
