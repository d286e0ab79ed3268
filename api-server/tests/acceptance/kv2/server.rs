//! The server, its mounts, and what a token may do where.

use reqwest::Method;
use serde_json::json;

use super::{Kv, logical, refused};
use crate::answer::{Answer, members};

#[tokio::test]
async fn the_server_says_that_it_is_well_without_a_token() {
    let kv = Kv::start().await;
    let health = kv
        .as_token(None, (Method::GET, "sys/health"), None)
        .await
        .expect(200);
    assert_eq!(
        (&health["initialized"], &health["sealed"], &health["standby"]),
        (&json!(true), &json!(false), &json!(false))
    );
    assert!(health["server_time_utc"].is_i64() && health["version"].is_string());
    assert!(health["data"].is_null(), "no envelope");
    for (query, status) in [
        ("?activecode=299", 299),
        ("?sealedcode=299", 200),
        ("?activecode=x", 400),
    ] {
        let path = format!("sys/health{query}");
        let answer = kv.as_token(None, (Method::GET, &path), None).await;
        assert_eq!(answer.status, status, "{query}");
    }
    let head = kv.as_token(None, (Method::HEAD, "sys/health"), None).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    refused(
        &kv.as_token(None, (Method::PUT, "sys/health"), None).await,
        405,
        json!([]),
    );
    let seal = kv
        .as_token(None, (Method::GET, "sys/seal-status"), None)
        .await
        .expect(200);
    for member in [
        "type",
        "initialized",
        "sealed",
        "t",
        "n",
        "progress",
        "nonce",
        "version",
        "migration",
    ] {
        assert!(!seal[member].is_null(), "{member}");
    }
    let leader = kv
        .as_token(None, (Method::GET, "sys/leader"), None)
        .await
        .expect(200);
    assert_eq!(leader["ha_enabled"], false);
}

#[tokio::test]
async fn the_preflight_names_the_mount_or_refuses() {
    let kv = Kv::start().await;
    for below in ["", "/", "/app/api", "/app/"] {
        let found = kv
            .get(&format!("sys/internal/ui/mounts/{}{below}", kv.mount))
            .await;
        let data = logical(&found);
        assert_eq!(data["path"], format!("{}/", kv.mount));
        assert_eq!(
            (&data["type"], &data["options"]),
            (&json!("kv"), &json!({"version": "2"}))
        );
        assert!(data["accessor"].as_str().unwrap().starts_with("kv_"));
        assert!(found["path"].is_null(), "not doubled");
    }
    let why = |path: &str| {
        json!([format!(
            "preflight capability check returned 403, please ensure client's policies grant access to path \"{path}/\""
        )])
    };
    refused(
        &kv.get("sys/internal/ui/mounts/nowhere/a").await,
        403,
        why("nowhere/a"),
    );
    let path = format!("sys/internal/ui/mounts/{}", kv.mount);
    let denied = json!(["permission denied"]);
    refused(
        &kv.as_token(None, (Method::GET, &path), None).await,
        403,
        denied.clone(),
    );
    refused(
        &kv.as_token(Some("s.000000000000000000000000"), (Method::GET, &path), None)
            .await,
        403,
        denied,
    );
    let all = kv.get("sys/internal/ui/mounts").await;
    assert!(logical(&all)["secret"][format!("{}/", kv.mount)].is_object());
    let all = kv.get("sys/mounts").await;
    let name = format!("{}/", kv.mount);
    assert_eq!(logical(&all)[&name], all[&*name]);
    assert_eq!(all[&*name]["options"]["version"], "2");
}

#[tokio::test]
async fn mounts_are_made_once_and_of_one_kind() {
    let kv = Kv::start().await;
    let again = json!({"type": "kv-v2"});
    let path = format!("sys/mounts/{}", kv.mount);
    refused(
        &kv.put(&path, again).await,
        400,
        json!([format!("path is already in use at {}/", kv.mount)]),
    );
    for body in [
        json!({"type": "kv"}),
        json!({"type": "pki"}),
        json!({}),
        json!({"type": "kv", "options": {"version": "1"}}),
    ] {
        assert_eq!(
            kv.put(&format!("{path}-x"), body.clone()).await.status,
            400,
            "{body}"
        );
    }
    for name in ["sys", "auth", "a%20b"] {
        let answer = kv
            .put(&format!("sys/mounts/{name}"), json!({"type": "kv-v2"}))
            .await;
        assert_eq!(answer.status, 400, "{name}");
    }
}

#[tokio::test]
async fn a_path_of_no_mount_has_no_handler() {
    let kv = Kv::start().await;
    for path in [
        "nowhere/data/a",
        "nowhere/metadata/a",
        "sys/data/a",
        "auth/data/a",
        "nothing",
        "sys/nothing",
    ] {
        let words = json!([format!("no handler for route \"{path}\". route entry not found.")]);
        refused(&kv.get(path).await, 404, words);
    }
}

#[tokio::test]
async fn capabilities_are_what_the_token_may_do() {
    let kv = Kv::start().await;
    let (data, metadata) = (kv.at("data/a"), kv.at("metadata/a"));
    let asked = json!({"paths": [data, metadata, "nowhere/data/a", "sys/health"]});
    let answer = kv.put("sys/capabilities-self", asked).await;
    let found = logical(&answer);
    assert_eq!(
        found[&*data],
        json!(["create", "delete", "patch", "read", "update"])
    );
    assert_eq!(
        found[&*metadata],
        json!(["create", "delete", "list", "patch", "read", "update"])
    );
    assert_eq!(found["nowhere/data/a"], json!(["deny"]));
    assert_eq!(answer[&*data], found[&*data], "doubled");
    let one = json!({"path": data, "token": kv.subject.token});
    let answer = kv.put("sys/capabilities-self", one).await;
    assert_eq!(answer["capabilities"], answer[&*data]);
    assert_eq!(kv.put("sys/capabilities-self", json!({})).await.status, 400);
}

#[tokio::test]
async fn other_methods_and_wrapped_answers_are_refused() {
    let kv = Kv::start().await;
    kv.set("w", json!({"k": "hunter2"})).await;
    for (method, path) in [
        (Method::DELETE, kv.at("undelete/w")),
        (Method::GET, kv.at("destroy/w")),
        (Method::PATCH, "auth/token/lookup-self".to_owned()),
    ] {
        let answer = kv.send(method.clone(), &path, None).await;
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
    }
    let wrapped = kv
        .request(Method::GET, &kv.at("subkeys/w"))
        .header("x-vault-token", &kv.subject.token)
        .header("x-vault-wrap-ttl", "1m0s");
    let answer = Answer::of(wrapped).await.expect(400);
    assert!(!answer.text.contains("hunter2"));
    assert_eq!(members(&answer.json), ["errors"]);
}

#[tokio::test]
async fn a_namespace_is_an_organization() {
    let kv = Kv::start().await;
    kv.set("n", json!({"k": "v"})).await;
    let read = |namespace: &'static str| {
        let request = kv.request(Method::GET, &kv.at("data/n"));
        let request = request.header("x-vault-token", &kv.subject.token);
        Answer::of(request.header("x-vault-namespace", namespace))
    };
    for own in ["", "root", "/", "default", "default/"] {
        logical(&read(own).await);
    }
    for other in ["elsewhere", "a/b", "a b"] {
        refused(&read(other).await, 404, json!(["namespace not found"]));
    }
}
