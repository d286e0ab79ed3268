use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::{Canonical, keeper::by_either};

by_either! {
    case_44_a_write_is_streamed_without_value_or_uri,
    case_45_what_was_done_is_listed_newest_first,
}

const API: &str = "openbao+kv2://secret/app/api";
const LONG: Duration = Duration::from_mins(1);

/// The stream's text up to and with `end`.
async fn until(response: &mut reqwest::Response, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let chunk = timeout(LONG, response.chunk()).await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
    }
    text
}

impl Canonical {
    async fn stream(&self, query: &str, last: Option<&str>) -> reqwest::Response {
        let url = format!("{}/api/secrets/events{query}", self.subject.base);
        let request = self.subject.http.get(url);
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        request.send().await.unwrap()
    }
}

async fn case_44_a_write_is_streamed_without_value_or_uri() {
    let door = Canonical::start().await;
    let mut stream = door.stream("", None).await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert!(
        until(&mut stream, ": connected\n\n")
            .await
            .starts_with("retry: 3000\n\n")
    );
    door.post("", json!({"uri": format!("{API}#token"), "value": "hunter2"}))
        .await
        .expect(200);
    let text = until(&mut stream, "\"kv_version\":1").await;
    assert!(
        text.starts_with("id: 1\nevent: secret.updated\ndata: {"),
        "{text}"
    );
    assert!(
        text.contains("pLZ2GppsLrRUQeG3pt1mmfn4vk3NDGydw_HLh4Y2aQo"),
        "{text}"
    );
    assert!(
        !text.contains("hunter2") && !text.contains("://") && !text.contains("app/api"),
        "{text}"
    );
    door.post("/rotate", json!({"uri": API, "value": {"token": "x"}}))
        .await
        .expect(200);
    door.value(API).await.expect(200);
    let mut resumed = door.stream("", Some("1")).await;
    let text = until(&mut resumed, "secret.read").await;
    assert!(
        text.contains("id: 2\nevent: secret.rotated") && !text.contains("id: 1\n"),
        "{text}"
    );
    let mut only = door.stream("?event=secret.read", Some("0")).await;
    let text = until(&mut only, "secret.read").await;
    assert!(
        text.contains("id: 3\n") && !text.contains("secret.updated"),
        "{text}"
    );
}

async fn case_45_what_was_done_is_listed_newest_first() {
    let door = Canonical::start().await;
    door.post("", json!({"uri": API, "value": {"token": "hunter2"}}))
        .await
        .expect(200);
    door.post("/rotate", json!({"uri": API, "value": {"token": "hunter3"}}))
        .await
        .expect(200);
    door.value("openbao+kv2://secret/none").await.expect(404);
    let all = door.get("/audit").await.expect(200);
    assert_eq!(
        (all["total"].clone(), &all["items"][0]["event"]),
        (json!(3), &json!("SECRET_ERROR"))
    );
    assert_eq!(
        (&all["items"][0]["error"], &all["items"][0]["success"]),
        (&json!("SECRET_NOT_FOUND"), &json!(false))
    );
    for member in [
        "subject",
        "purpose",
        "effect",
        "resource_ref",
        "decision_id",
        "correlation_id",
        "ts",
    ] {
        assert!(!all["items"][0][member].is_null(), "{member}");
    }
    for hidden in ["hunter", "://", "app/api"] {
        assert!(!all.text.contains(hidden), "{hidden}: {}", all.text);
    }
    let rotated = door.get("/audit?event=SECRET_ROTATED").await.expect(200);
    assert_eq!(
        (rotated["total"].clone(), &rotated["items"][0]["kv_version"]),
        (json!(1), &json!(2))
    );
    let none = door.get("/audit?subject=somebody").await.expect(200);
    assert_eq!(none["total"], 0);
    let reads = door
        .get("/audit?purpose=execute&limit=1&since=2020-01-01T00:00:00Z")
        .await
        .expect(200);
    assert_eq!(reads["total"], 1);
    door.get("/audit?since=yesterday").await.expect(400);
}
