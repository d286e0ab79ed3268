//! What the server does by itself: exports outlive a restart, ends of secrets are told once, entries are sent on.

use std::time::{Duration, Instant};

use coffer_api_server::http::settings::DoorSettings;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::world::{completed, made, text, unlimited};
use crate::support::Choices;

fn choices() -> Choices {
    let doors = DoorSettings {
        rates: vec!["v-secure.default=off".parse().unwrap()],
        webhook_allow: vec!["127.0.0.0/8".parse().unwrap()],
        ..DoorSettings::default()
    };
    Choices {
        doors: doors.with_failures(None),
        ..Choices::default()
    }
}

#[tokio::test]
async fn an_export_that_was_asked_for_is_made_after_a_restart() {
    let server = unlimited().await;
    made(
        &server,
        Method::POST,
        "/secrets",
        json!({"name": "A", "value": "canary-of-exports"}),
    )
    .await;
    let ask = json!({"format": "json", "compress": true});
    let export = text(
        &made(&server, Method::POST, "/audit-logs/export", ask).await,
        "exportId",
    );
    let server = server.restarted(choices()).await;
    completed(&server, &export).await;
    let path = format!("/audit-logs/exports/{export}/download");
    let file = made(&server, Method::GET, &path, json!({})).await;
    assert_eq!(file.header("content-type"), "application/gzip");
    assert!(!file.text.contains("canary-of-exports"));
}

#[tokio::test]
async fn the_end_of_a_secret_is_told_once() {
    let server = unlimited().await;
    let body = json!({"name": "SHORT", "value": "v", "expiresIn": "1h"});
    made(&server, Method::POST, "/secrets", body).await;
    server.clock.advance(jiff::SignedDuration::from_hours(2));
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let found = made(&server, Method::GET, "/audit-logs?action=expired", json!({})).await;
        let total = found["pagination"]["totalCount"].as_u64().unwrap();
        if total > 0 {
            assert_eq!(total, 1);
            assert_eq!(found["data"][0]["resource"]["name"], "SHORT");
            assert_eq!(found["data"][0]["actor"]["type"], "system");
            break;
        }
        assert!(Instant::now() < deadline, "nothing is told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.coffer.tell_expired().await.unwrap(), 0);
}

/// Waits for one request, answers it, and gives its head and body.
async fn taken(listener: &TcpListener) -> (String, String) {
    let patience = Duration::from_mins(1);
    let (mut socket, _) = tokio::time::timeout(patience, listener.accept())
        .await
        .unwrap()
        .unwrap();
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).await.unwrap();
        bytes.extend_from_slice(&chunk[..count]);
        let all = String::from_utf8(bytes.clone()).unwrap();
        let Some((head, body)) = all.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.to_lowercase();
        let length = length
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if body.len() == length.unwrap().trim().parse::<usize>().unwrap() {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            socket.write_all(answer).await.unwrap();
            return (head.to_owned(), body.to_owned());
        }
    }
}

#[tokio::test]
async fn entries_are_sent_on_as_they_come_and_no_value_with_them() {
    let server = unlimited().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/services/collector", listener.local_addr().unwrap());
    let feed = json!({"type": "splunk", "config": {"endpoint": endpoint, "token": "feed-token"}});
    let set = made(&server, Method::POST, "/audit-logs/integrations", feed).await;
    assert!(!set.text.contains("feed-token"));
    made(
        &server,
        Method::POST,
        "/secrets",
        json!({"name": "FED", "value": "canary-of-feeds"}),
    )
    .await;
    let mut found = Vec::new();
    while !found.contains(&"secret.created".to_owned()) {
        let (head, body) = taken(&listener).await;
        assert!(
            head.to_lowercase().contains("authorization: splunk feed-token"),
            "{head}"
        );
        assert!(!body.contains("canary-of-feeds"));
        for line in body.lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            found.push(event["event"]["event"].as_str().unwrap().to_owned());
        }
    }
}
