//! `/organizations/{org}/changes`

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Choices, TestServer, body, lines::Lines, secret};

const CHANGES: &str = "/organizations/acme/changes";

struct Events(Lines);

impl Events {
    async fn open(server: &TestServer, token: &str, query: &str) -> Self {
        let request = server.request(Method::GET, Some(token), &format!("{CHANGES}{query}"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(Lines::of(response))
    }

    /// The next event's id and data, comments skipped; `None` at the end.
    async fn next(&mut self) -> Option<(u64, Value)> {
        let mut id = None;
        loop {
            let line = self.0.next().await?;
            if let Some(text) = line.strip_prefix("id: ") {
                id = Some(text.parse().unwrap());
            } else if let Some(text) = line.strip_prefix("data: ") {
                return Some((id.unwrap(), serde_json::from_str(text).unwrap()));
            }
        }
    }

    /// The next change of a secret.
    async fn secret(&mut self) -> (u64, Value) {
        loop {
            let (id, data) = self.next().await.expect("the stream has ended");
            if data["kind"] == "secret" {
                return (id, data);
            }
        }
    }
}

#[tokio::test]
async fn a_write_is_heard_and_its_value_is_not() {
    let server = TestServer::start().await;
    let mut events = Events::open(&server, &server.admin, "").await;
    server.put(&secret("V"), &body("hunter2")).await.expect(201);
    let (id, data) = events.secret().await;
    assert_eq!(data["sequence"], id);
    assert_eq!(
        (&data["vault"], &data["environment"]),
        (&json!("default"), &json!("default"))
    );
    assert_eq!((&data["name"], &data["version"]), (&json!("V"), &json!(1)));
    assert!(!data.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_client_resumes_where_it_left_off() {
    let server = TestServer::start().await;
    let mut events = Events::open(&server, &server.admin, "").await;
    server.put(&secret("A"), &body("1")).await.expect(201);
    let (id, _) = events.secret().await;
    drop(events);
    server.put(&secret("B"), &body("1")).await.expect(201);
    let mut resumed = Events::open(&server, &server.admin, &format!("?after={id}")).await;
    assert_eq!(resumed.secret().await.1["name"], "B");

    let request = server
        .request(Method::GET, Some(&server.admin), CHANGES)
        .header("last-event-id", id.to_string());
    let mut resumed = Events(Lines::of(request.send().await.unwrap()));
    assert_eq!(resumed.secret().await.1["name"], "B");
}

#[tokio::test]
async fn every_one_of_many_changes_is_heard_in_order() {
    let server = TestServer::start().await;
    let mut events = Events::open(&server, &server.admin, "").await;
    let writes = (0..200).map(|at| {
        let server = &server;
        async move {
            server
                .put(&secret(&format!("S{at}")), &body("v"))
                .await
                .expect(201)
        }
    });
    futures::future::join_all(writes).await;
    let (mut names, mut last) = (std::collections::HashSet::new(), 0);
    while names.len() < 200 {
        let (id, data) = events.secret().await;
        assert!(id > last);
        last = id;
        assert!(names.insert(data["name"].as_str().unwrap().to_owned()));
    }
}

#[tokio::test]
async fn only_what_may_be_seen_is_told() {
    let server = TestServer::start().await;
    let key = server
        .key_for(json!({"permissions": ["secrets:list"], "names": ["shown/*"]}))
        .await;
    let mut events = Events::open(&server, &key, "").await;
    server.put(&secret("hidden/x"), &body("v")).await.expect(201);
    server.put(&secret("shown/x"), &body("v")).await.expect(201);
    assert_eq!(events.next().await.unwrap().1["name"], "shown/x");
}

#[tokio::test]
async fn a_stream_ends_with_its_key() {
    let server = TestServer::start().await;
    let keys = "/organizations/acme/api-keys";
    let grant = json!({"name": "x", "grants": [{"permissions": ["secrets:list"]}]});
    let made = server.post(keys, &grant).await.expect(201);
    let mut events = Events::open(&server, made["token"].as_str().unwrap(), "").await;
    server
        .delete(&format!("{keys}/{}", made["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn an_expired_key_is_noticed_when_nothing_else_happens() {
    let server = TestServer::with(Choices {
        ping: Duration::from_millis(5),
        ..Choices::default()
    })
    .await;
    let grant = json!({"name": "x", "grants": [{"permissions": ["secrets:list"]}], "expiresIn": "1h"});
    let made = server
        .post("/organizations/acme/api-keys", &grant)
        .await
        .expect(201);
    let mut events = Events::open(&server, made["token"].as_str().unwrap(), "").await;
    for _ in 0..3 {
        assert!(events.0.next().await.is_some());
    }
    server.clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn bad_positions_are_refused() {
    let server = TestServer::start().await;
    assert_eq!(
        server.get(&format!("{CHANGES}?after=x")).await.code(400),
        "invalid"
    );
    let request = server
        .request(Method::GET, Some(&server.admin), CHANGES)
        .header("last-event-id", "+5");
    assert_eq!(request.send().await.unwrap().status(), 400);
    assert_eq!(
        server.get("/organizations/other/changes").await.code(404),
        "not_found"
    );
}
