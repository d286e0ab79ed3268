//! Route × right: each route by a key that has the one right that it takes, by keys that have all others, by strangers
//! and by nobody.

use std::collections::BTreeSet;

use coffer_api_server::{
    bootstrap::bootstrap,
    kv2::routes::{self, Asks, Route},
};
use coffer_domain::{name::OrgName, rights::Permission};
use reqwest::Method;
use serde_json::{Value, json};

use super::ask;
use crate::support::{Reply, TestServer};

const NO_TOKEN: &str = "permission denied";
const DENIED: &str = "1 error occurred:\n\t* permission denied\n\n";

fn words(reply: &Reply) -> &str {
    reply["errors"][0].as_str().unwrap_or_default()
}

fn path(route: &Route, name: &str) -> String {
    let path = route.path.strip_prefix("/v1/").unwrap();
    let path = path
        .replace("{mount}", "default")
        .replace("{*path}", name)
        .replace("{path}", name);
    // Of a mount itself there is nothing to ask but what is in it.
    if path == "default/metadata" {
        return format!("{path}?list=true");
    }
    path
}

fn body(route: &Route) -> Option<Value> {
    matches!(route.method, "POST" | "PATCH").then(|| {
        json!({
            "data": {"k": "v"}, "versions": [1], "custom_metadata": {"k": "v"}, "paths": ["default/data/a"],
            "type": "kv-v2",
        })
    })
}

async fn send(server: &TestServer, token: Option<&str>, route: &Route, name: &str) -> Reply {
    let method = Method::from_bytes(route.method.as_bytes()).unwrap();
    let path = path(route, name);
    ask(server, token, (method, &path), body(route).as_ref()).await
}

/// A key with these rights, or all others.
async fn key(server: &TestServer, rights: impl Fn(Permission) -> bool) -> String {
    let rights: Vec<&str> = Permission::ALL
        .into_iter()
        .filter(|right| rights(*right))
        .map(Permission::as_str)
        .collect();
    server.key(&rights).await
}

#[tokio::test]
async fn every_route_takes_its_right_and_no_other() {
    let server = TestServer::start().await;
    let mut rights = BTreeSet::new();
    for (number, route) in routes::all().iter().enumerate() {
        let about = format!("{} {}", route.method, route.path);
        let name = format!("a{number}");
        if route.path.starts_with("/v1/{mount}") {
            let data = json!({"data": {"k": "v"}});
            let path = format!("default/data/{name}");
            ask(&server, Some(&server.admin), (Method::PUT, &path), Some(&data))
                .await
                .expect(200);
        }
        let nobody = send(&server, None, route, &name).await;
        let guess = send(&server, Some("s.000000000000000000000000"), route, &name).await;
        if route.asks == Asks::Nothing {
            assert_ne!(words(&nobody), NO_TOKEN, "{about}");
            continue;
        }
        for refused in [nobody, guess] {
            assert_eq!((refused.status, words(&refused)), (403, NO_TOKEN), "{about}");
        }
        let Asks::Right(right) = route.asks else {
            continue;
        };
        rights.insert(right);
        let others = key(&server, |other| other != right).await;
        let refused = send(&server, Some(&others), route, &name).await;
        assert_eq!((refused.status, words(&refused)), (403, DENIED), "{about}");
        let only = key(&server, |one| one == right).await;
        let done = send(&server, Some(&only), route, &name).await;
        assert!(
            matches!(done.status, 200 | 204) || (done.status == 404 && words(&done).is_empty()),
            "{about}: {} {}",
            done.status,
            done.text
        );
    }
    assert_eq!(rights.len(), 6, "{rights:?}");
}

#[tokio::test]
async fn a_stranger_reaches_nothing_by_naming_another_organization() {
    let server = TestServer::start().await;
    let data = json!({"data": {"k": "hunter2"}});
    let path = "default/data/a";
    ask(&server, Some(&server.admin), (Method::PUT, path), Some(&data))
        .await
        .expect(200);
    let stranger = bootstrap(&server.coffer, &OrgName::new("stranger").unwrap())
        .await
        .unwrap();
    let stranger = String::from_utf8(stranger.token.reveal().to_vec()).unwrap();
    // In their own organization there is a vault of that name, too.
    let own = ask(&server, Some(&stranger), (Method::GET, path), None)
        .await
        .expect(404);
    assert_eq!(own["errors"], json!([]));
    for name in ["acme", "nowhere"] {
        for path in [
            path,
            "default/metadata?list=true",
            "sys/mounts",
            "auth/token/lookup-self",
        ] {
            let url = format!("http://{}/kv2/v1/{path}", server.address);
            let request = server.http.get(url).header("x-vault-token", &stranger);
            let request = request.header("x-vault-namespace", name);
            let refused = Reply::of(request.send().await.unwrap()).await.expect(404);
            assert_eq!(refused["errors"], json!(["namespace not found"]), "{name} {path}");
        }
    }
}

#[tokio::test]
async fn a_key_for_some_names_reaches_no_other_and_lists_no_other() {
    let server = TestServer::start().await;
    for name in ["app/one", "app/two", "other"] {
        let path = format!("default/data/{name}");
        let data = json!({"data": {"k": "v"}});
        ask(&server, Some(&server.admin), (Method::PUT, &path), Some(&data))
            .await
            .expect(200);
    }
    let path = "default/metadata/waiting";
    ask(
        &server,
        Some(&server.admin),
        (Method::PUT, path),
        Some(&json!({})),
    )
    .await
    .expect(204);
    let token = server
        .key_for(json!({"permissions": ["secrets:read", "secrets:list"], "vault": "default", "names": ["app/one"]}))
        .await;
    let get = async |path: &str| ask(&server, Some(&token), (Method::GET, path), None).await;
    get("default/data/app/one").await.expect(200);
    for path in [
        "default/data/app/two",
        "default/data/other",
        "default/metadata/other",
        "default/metadata/waiting",
    ] {
        assert_eq!(words(&get(path).await.expect(403)), DENIED, "{path}");
    }
    let all = get("default/metadata?list=true").await.expect(200);
    assert_eq!(all["data"]["keys"], json!(["app/"]));
    let below = get("default/metadata/app?list=true").await.expect(200);
    assert_eq!(below["data"]["keys"], json!(["one"]));
    get("sys/internal/ui/mounts/default/app/one").await.expect(200);
    let asked = json!({"paths": ["default/data/app/one", "default/data/other"]});
    let may = ask(
        &server,
        Some(&token),
        (Method::POST, "sys/capabilities-self"),
        Some(&asked),
    )
    .await;
    assert_eq!(may["data"]["default/data/app/one"], json!(["read"]));
    assert_eq!(may["data"]["default/data/other"], json!(["deny"]));
}

#[tokio::test]
async fn whatever_is_asked_is_in_the_audit_log_without_values() {
    let server = TestServer::start().await;
    let put = json!({"data": {"k": "hunter2"}, "options": {}});
    let send = async |method, path: &str, body: Option<&Value>| {
        ask(&server, Some(&server.admin), (method, path), body).await
    };
    send(Method::PUT, "default/data/a", Some(&put)).await.expect(200);
    send(Method::GET, "default/data/a", None).await.expect(200);
    send(Method::GET, "default/metadata/a", None).await.expect(200);
    send(
        Method::PUT,
        "default/metadata/b",
        Some(&json!({"max_versions": 1})),
    )
    .await
    .expect(204);
    send(Method::DELETE, "default/metadata/b", None).await.expect(204);
    send(Method::DELETE, "default/data/a", None).await.expect(204);
    send(Method::PUT, "default/destroy/a", Some(&json!({"versions": [1]})))
        .await
        .expect(204);
    send(Method::DELETE, "default/metadata/a", None).await.expect(204);
    let lists = server.key(&["secrets:list"]).await;
    ask(&server, Some(&lists), (Method::GET, "default/data/a"), None)
        .await
        .expect(403);
    let log = server
        .get("/organizations/acme/audit?limit=1000")
        .await
        .expect(200);
    let ours: Vec<(&str, &str)> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["event"])
        .filter(|event| event["door"] == "kv2")
        .map(|event| {
            (
                event["action"].as_str().unwrap(),
                event["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    for expected in [
        ("secret.write", "allowed"),
        ("secret.read", "allowed"),
        ("secret.versions", "allowed"),
        ("path.describe", "allowed"),
        ("path.erase", "allowed"),
        ("secret.delete", "allowed"),
        ("secret.destroy", "allowed"),
        ("secret.read", "denied"),
    ] {
        assert!(ours.contains(&expected), "{expected:?} in {ours:?}");
    }
    assert!(!log.text.contains("hunter2"));
}
