//! Whatever is sent, the answer is in the door's own shape and none of the server's making is at fault.

use coffer_api_server::keyway::routes::{Route, all};
use reqwest::Method;
use serde_json::json;

use super::{ADMIN, Keyway, REPO, matrix::concrete};
use crate::answer::Answer;

/// Names that are none, or that must stay mere names.
const NAMES: [&str; 11] = [
    "..%2f..%2fetc",
    "%00",
    "%ff%fe",
    "a%2Fb",
    ".git",
    "'%20OR%201=1",
    "%F0%9F%92%A9",
    "~",
    "*",
    "%3Cscript%3E",
    "a%0d%0ab",
];

/// Bodies that are none, or hold what is not meant.
const BODIES: [&str; 14] = [
    "",
    "null",
    "[]",
    "\"text\"",
    "{bad json",
    "{\"repoFullName\":7}",
    "{\"repoFullName\":\"owner/repo\",\"environment\":[],\"secrets\":{}}",
    "{\"repoFullName\":\"owner/repo\",\"environment\":\"local\",\"secrets\":{\"\":\"x\"}}",
    "{\"repoFullName\":\"owner/repo\",\"environment\":\"local\",\"secrets\":{\"A\":{\"B\":1}}}",
    "{\"repoFullName\":\"owner/repo\",\"environment\":\"local\",\"secrets\":{\"A\":\"1\",\"A\":\"2\"}}",
    "{\"name\":\"\\u0000\",\"key\":\"\\ud83d\\ude00\",\"value\":null,\"newName\":\"../x\",\"type\":9}",
    "{\"expiresInDays\":-1,\"name\":\"x\",\"environment\":\"live\",\"scopes\":[\"read:secrets\"]}",
    "{\"deviceCode\":\"\\u0000\",\"user_code\":{\"a\":1}}",
    "\u{feff}{}",
];

fn is_ours(route: &Route, sent: &str, answer: &Answer) {
    let about = format!(
        "{} {} with {sent:?}: {} {}",
        route.method, route.path, answer.status, answer.text
    );
    assert!(answer.status < 500, "{about}");
    if answer.status >= 400 && !answer.header("content-type").starts_with("text/html") {
        assert_eq!(answer["status"], answer.status, "{about}");
        assert!(
            answer.text_at("/type").starts_with("https://keyway.sh/errors/"),
            "{about}"
        );
    }
}

#[tokio::test]
async fn hostile_names_are_refused_as_names() {
    let keyway = Keyway::with_vault().await;
    keyway
        .push("local", json!({"A": "hunter2-canary"}))
        .await
        .expect(200);
    for route in all().iter().filter(|route| route.path.contains('{')) {
        for name in NAMES.iter().chain(&["x".repeat(3000).as_str()]) {
            let whole = route
                .path
                .split('/')
                .map(|part| if part.starts_with('{') { *name } else { part });
            let inner = concrete(route.path, name, name).replace("staging", name);
            for path in [whole.collect::<Vec<_>>().join("/"), inner] {
                // Not the vault itself, which the rest of the test needs.
                if path == REPO || route.path.ends_with("/trash") {
                    continue;
                }
                let method = Method::from_bytes(route.method.as_bytes()).unwrap();
                let answer = keyway.send(method, Some(ADMIN), &path, None).await;
                is_ours(route, &path, &answer);
                assert!(!answer.text.contains("hunter2-canary"), "{path}");
            }
        }
    }
    assert_eq!(
        keyway.content("local").await,
        "A=hunter2-canary",
        "nothing was touched"
    );
}

#[tokio::test]
async fn hostile_bodies_are_refused_as_bodies() {
    let keyway = Keyway::with_vault().await;
    for route in all()
        .iter()
        .filter(|route| matches!(route.method, "POST" | "PUT" | "PATCH"))
    {
        let path = concrete(route.path, "00000000-0000-4000-8000-000000000000", "x");
        let method = Method::from_bytes(route.method.as_bytes()).unwrap();
        let request = || {
            keyway
                .0
                .http
                .request(method.clone(), format!("{}{path}", keyway.0.base))
                .bearer_auth(ADMIN)
        };
        for body in BODIES {
            is_ours(route, body, &Answer::of(request().body(body)).await);
        }
        // It is refused by its announced length: a client that goes on sending may find the connection closed.
        let large = request()
            .header("connection", "close")
            .body("x".repeat(1024 * 1024 + 1));
        if let Ok(large) = large.send().await {
            let expected = if path.ends_with("/device/verify") {
                400
            } else {
                413
            };
            assert!(
                [expected, 404].contains(&large.status().as_u16()),
                "{path}: {}",
                large.status()
            );
        }
        let packed = Answer::of(request().header("content-encoding", "gzip").body("{}")).await;
        is_ours(route, "gzip", &packed);
        let binary = Answer::of(request().body(vec![0xff, 0xfe, 0x00])).await;
        is_ours(route, "binary", &binary);
    }
}

#[tokio::test]
async fn hostile_queries_are_refused_as_queries() {
    let keyway = Keyway::with_vault().await;
    for route in all().iter().filter(|route| route.method == "GET") {
        let path = concrete(route.path, "00000000-0000-4000-8000-000000000000", "x");
        for query in [
            "limit=-1&offset=x",
            "limit=99999999999999999999",
            "offset=18446744073709551615&limit=100",
            "repo=../..&environment=%00&key=%ff",
            "repo=owner/repo&environment=local&key=..%2f",
            "repo=owner/repo&environment=*&key=*",
            "user_code=%3Cscript%3Ealert(1)%3C/script%3E",
            "%%%=&&&==",
        ] {
            let sent = format!("{path}?{query}");
            let answer = keyway.get(&sent).await;
            is_ours(route, &sent, &answer);
            assert!(!answer.text.contains("<script>"), "{sent}");
        }
    }
}
