//! Profile E: a real Vault server that is not there, sealed, stopped, slow, or refuses this program.

use std::sync::Arc;

use axum::{Json, Router, extract::State, response::IntoResponse, routing::any};
use coffer_vault_server::Server;
use futures::{StreamExt, stream::FuturesUnordered};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{Canonical, fails, keeper::elsewhere};

const APP: &str = "openbao+kv2://secret/app";
const OPEN: [&str; 4] = [
    "--canonical-require-auth",
    "false",
    "--canonical-environment",
    "dev",
];

async fn over(settings: &[String]) -> Canonical {
    let given = settings.iter().map(String::as_str);
    let all: Vec<&str> = OPEN.into_iter().chain(given).collect();
    Canonical::with(&all).await
}

#[tokio::test]
async fn case_75_a_mount_whose_server_is_not_named_is_nowhere() {
    let door = over(&["--canonical-vault-mounts=secret".to_owned()]).await;
    fails(door.value(APP).await, 501, "PROVIDER_NOT_CONFIGURED");
    let body = json!({"uri": APP, "value": {"a": 1}});
    fails(door.post("", body).await, 501, "PROVIDER_NOT_CONFIGURED");
    door.get("?uri=yaml://secret/env").await.expect(200);
}

#[tokio::test]
async fn case_75_an_engine_that_is_not_there_or_not_of_this_kind_is_not_configured() {
    let server = Server::start().await.unwrap();
    server
        .ask(Method::POST, "sys/mounts/old", Some(json!({"type": "kv"})))
        .await
        .unwrap();
    for engine in ["none", "old"] {
        let door = over(&elsewhere(&server, engine, server.token())).await;
        fails(door.value(APP).await, 501, "PROVIDER_NOT_CONFIGURED");
        let body = json!({"uri": APP, "value": {"a": 1}});
        fails(door.post("", body).await, 501, "PROVIDER_NOT_CONFIGURED");
    }
}

#[tokio::test]
async fn case_76_a_server_that_is_sealed_or_stopped_is_told_and_found_again() {
    let mut server = Server::start().await.unwrap();
    let door = over(&elsewhere(&server, "secret", server.token())).await;
    assert_eq!(door.set(APP, json!({"token": "s3cr3t"})).await, json!(1));
    server.seal().await.unwrap();
    let again = json!({"uri": APP, "value": {"token": "other"}});
    fails(door.value(APP).await, 503, "PROVIDER_UNAVAILABLE");
    fails(door.post("", again.clone()).await, 503, "PROVIDER_UNAVAILABLE");
    server.unseal().await.unwrap();
    assert_eq!(door.value(APP).await.expect(200).json, json!({"token": "s3cr3t"}));
    server.kill().await.unwrap();
    fails(door.value(APP).await, 502, "PROVIDER_ERROR");
    fails(door.post("", again).await, 502, "PROVIDER_ERROR");
    door.get("?uri=yaml://secret/env").await.expect(200);
    server.start_again().await.unwrap();
    fails(door.value(APP).await, 503, "PROVIDER_UNAVAILABLE");
    server.unseal().await.unwrap();
    assert_eq!(
        door.value(APP).await.expect(200).header("x-secret-version"),
        "1",
        "what was refused was not written"
    );
    assert_eq!(door.set(&format!("{APP}#more"), json!(1)).await, json!(2));
}

#[tokio::test]
async fn case_76_a_server_that_fails_too_often_is_left_alone() {
    let mut server = Server::start().await.unwrap();
    let door = over(&elsewhere(&server, "secret", server.token())).await;
    door.set(APP, json!({"token": "s3cr3t"})).await;
    server.kill().await.unwrap();
    let reads = (0..5).map(|_| door.value(APP));
    for answer in futures::future::join_all(reads).await {
        fails(answer, 502, "PROVIDER_ERROR");
    }
    let rests = fails(door.value(APP).await, 503, "PROVIDER_CIRCUIT_OPEN");
    assert_eq!(rests.header("retry-after"), "30");
}

#[tokio::test]
async fn case_76_a_server_that_refuses_this_program_is_not_the_callers_fault() {
    let server = Server::start().await.unwrap();
    let read_only = r#"path "secret/data/*" { capabilities = ["read"] }"#;
    server.policy("reader", read_only).await.unwrap();
    server
        .ask(Method::POST, "secret/data/app", Some(json!({"data": {"a": "b"}})))
        .await
        .unwrap();
    let reader = server.make_token(json!({"policies": ["reader"]})).await.unwrap();
    let door = over(&elsewhere(&server, "secret", &reader)).await;
    assert_eq!(door.value(APP).await.expect(200).json, json!({"a": "b"}));
    let body = json!({"uri": APP, "value": {"a": 1}});
    fails(door.post("", body).await, 502, "PROVIDER_FORBIDDEN");
    fails(
        door.get(&format!("/versions?uri={APP}")).await,
        502,
        "PROVIDER_FORBIDDEN",
    );
    let stranger = over(&elsewhere(&server, "secret", "hvs.nobody")).await;
    fails(stranger.value(APP).await, 502, "PROVIDER_FORBIDDEN");
}

/// A server whose secrets are not told before it is let.
async fn slow(State(gate): State<watch::Receiver<bool>>, uri: axum::http::Uri) -> axum::response::Response {
    let body = match uri.path() {
        path if path.starts_with("/v1/sys/internal/") => {
            json!({"data": {"type": "kv", "options": {"version": "2"}}})
        }
        "/v1/auth/token/lookup-self" => json!({"data": {"ttl": 0, "expire_time": null}}),
        _ => {
            let mut gate = gate;
            gate.wait_for(|open| *open).await.unwrap();
            json!({"data": {"data": {"a": "b"}, "metadata": {"version": 1}}})
        }
    };
    Json(body).into_response()
}

#[tokio::test]
async fn case_77_more_readers_than_places_are_sent_away_and_none_hangs() {
    let (open, gate) = watch::channel(false);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(any(slow)).with_state(gate);
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let door = Arc::new(
        over(&[
            format!("--canonical-vault-url={url}"),
            "--canonical-vault-token=t".to_owned(),
            "--canonical-vault-concurrency=2".to_owned(),
            "--canonical-vault-timeout=60".to_owned(),
        ])
        .await,
    );
    let mut reads: FuturesUnordered<_> = (0..60).map(|_| door.value(APP)).collect();
    for _ in 0..58 {
        let refused = fails(reads.next().await.unwrap(), 503, "OVERLOADED");
        assert_eq!(refused.header("retry-after"), "1");
    }
    open.send(true).unwrap();
    let served: Vec<Value> = reads.map(|answer| answer.expect(200).json).collect().await;
    assert_eq!(served, [json!({"a": "b"}), json!({"a": "b"})]);
    serving.abort();
}

#[tokio::test]
async fn a_role_logs_in_and_again_once_its_token_is_revoked() {
    let server = Server::start().await.unwrap();
    server
        .policy(
            "all",
            r#"path "secret/*" { capabilities = ["create", "read", "update", "patch", "delete", "list"] }"#,
        )
        .await
        .unwrap();
    let ask = |method, path: &'static str, body| server.ask(method, path, body);
    ask(Method::POST, "sys/auth/approle", Some(json!({"type": "approle"})))
        .await
        .unwrap();
    let role = json!({"token_policies": ["all"], "token_ttl": "1h"});
    ask(Method::POST, "auth/approle/role/coffer", Some(role))
        .await
        .unwrap();
    let id = ask(Method::GET, "auth/approle/role/coffer/role-id", None)
        .await
        .unwrap();
    let secret = ask(
        Method::POST,
        "auth/approle/role/coffer/secret-id",
        Some(json!({})),
    )
    .await
    .unwrap();
    let text = |value: &Value, name: &str| value["data"][name].as_str().unwrap().to_owned();
    let door = over(&[
        format!("--canonical-vault-url={}", server.url()),
        format!("--canonical-vault-role-id={}", text(&id, "role_id")),
        format!("--canonical-vault-secret-id={}", text(&secret, "secret_id")),
    ])
    .await;
    assert_eq!(door.set(APP, json!({"a": "b"})).await, json!(1));
    let detail = door.get(&format!("/metadata/detail?uri={APP}")).await.expect(200);
    assert_eq!(detail["custom_metadata"]["created_by"], "anonymous");
    ask(
        Method::PUT,
        "sys/leases/revoke-prefix/auth/approle",
        Some(json!({})),
    )
    .await
    .unwrap();
    assert_eq!(door.value(APP).await.expect(200).json, json!({"a": "b"}));
    assert_eq!(door.set(APP, json!({"a": "c"})).await, json!(2));
}

#[tokio::test]
async fn a_server_is_known_by_its_own_authority() {
    let (server, folder) = (Server::start_tls().await.unwrap(), tempfile::tempdir().unwrap());
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, server.authority().unwrap()).unwrap();
    let mut settings = elsewhere(&server, "secret", server.token());
    settings.push(format!("--canonical-vault-ca={}", file.display()));
    let door = over(&settings).await;
    assert_eq!(door.set(APP, json!({"a": "b"})).await, json!(1));
    assert_eq!(door.value(APP).await.expect(200).json, json!({"a": "b"}));
}
