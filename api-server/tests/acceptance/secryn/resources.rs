use reqwest::Method;
use serde_json::{Value, json};

use super::Secryn;
use crate::answer::members;

#[tokio::test]
async fn case_01_health_needs_no_token() {
    let secryn = Secryn::start().await;
    let health = secryn.send(Method::GET, None, "/health", None).await.expect(200);
    assert_eq!(health.json, json!({"status": "ok", "version": "1.0.0"}));
    let twin = secryn.0.http.get(format!("{}/health", secryn.twin()));
    let twin = crate::answer::Answer::of(twin).await.expect(200);
    assert_eq!(twin.json, health.json);
}

#[tokio::test]
async fn case_02_a_token_is_probed() {
    let secryn = Secryn::start().await;
    let probe = secryn.get("/endpoint").await.expect(200);
    assert_eq!(probe.json, json!({"data": {"ok": true}}));
    secryn
        .send(Method::GET, None, "/endpoint", None)
        .await
        .fails(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn case_03_an_empty_list_is_a_page_with_its_limits() {
    let secryn = Secryn::start().await;
    let page = secryn.get("/resources").await.expect(200);
    assert!(page["data"].is_array());
    if secryn.0.is_own() {
        assert_eq!(
            page.json,
            json!({"data": [], "pagination": {"total": 0, "page": 1, "limit": 50}})
        );
    }
    assert!(page.number("x-ratelimit-limit") > 0);
    assert!(page.number("x-ratelimit-remaining") >= 0);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(page.number("x-ratelimit-reset") > i64::try_from(now).unwrap());
}

#[tokio::test]
async fn case_04_a_resource_is_made() {
    let secryn = Secryn::start().await;
    let made = secryn
        .post("/resources", json!({"name": "Example Resource"}))
        .await
        .expect(200);
    assert!(made.text_at("/data/id").starts_with("res_"));
    assert_eq!(made["data"]["name"], "Example Resource");
    let at = made.text_at("/data/created_at");
    assert!(at.ends_with('Z') && at.parse::<jiff::Timestamp>().is_ok(), "{at}");
}

#[tokio::test]
async fn case_05_it_is_listed() {
    let secryn = Secryn::start().await;
    let before = secryn.resources().await;
    let made = secryn
        .post("/resources", json!({"name": "Listed"}))
        .await
        .expect(200);
    let page = secryn
        .get(&format!("/resources?limit=1&page={}", before + 1))
        .await
        .expect(200);
    assert_eq!(page["pagination"]["total"], before + 1);
    assert_eq!(page["data"][0]["id"], made["data"]["id"]);
}

#[tokio::test]
async fn case_06_it_is_fetched_by_its_id() {
    let secryn = Secryn::start().await;
    let made = secryn
        .post("/resources", json!({"name": "Example Resource"}))
        .await
        .expect(200);
    let path = format!("/resources/{}", made.text_at("/data/id"));
    let found = secryn.get(&path).await.expect(200);
    assert_eq!(found.json, made.json);
}

#[tokio::test]
async fn case_07_it_is_renamed() {
    let secryn = Secryn::start().await;
    let made = secryn
        .post("/resources", json!({"name": "First"}))
        .await
        .expect(200);
    let path = format!("/resources/{}", made.text_at("/data/id"));
    let renamed = secryn.put(&path, json!({"name": "Renamed"})).await.expect(200);
    assert_eq!(renamed["data"]["name"], "Renamed");
    assert_eq!(renamed["data"]["created_at"], made["data"]["created_at"]);
}

#[tokio::test]
async fn case_08_a_missing_field_is_named() {
    let secryn = Secryn::start().await;
    let refused = secryn
        .post("/resources", json!({}))
        .await
        .fails(400, "INVALID_REQUEST");
    assert_eq!(
        refused["error"]["details"],
        json!({"field": "name", "reason": "Missing required field"})
    );
}

#[tokio::test]
async fn case_09_pages_are_counted() {
    let secryn = Secryn::start().await;
    let before = secryn.resources().await;
    // So that the last page has five, whatever was there before.
    let wanted = before.div_ceil(25) * 25 + 5;
    for number in before..wanted {
        let body = json!({"name": format!("Resource {number}")});
        secryn.post("/resources", body).await.expect(200);
    }
    let page = wanted.div_ceil(25);
    let answer = secryn
        .get(&format!("/resources?page={page}&limit=25"))
        .await
        .expect(200);
    assert_eq!(answer.list_at("/data").len(), 5);
    assert_eq!(
        answer["pagination"],
        json!({"total": wanted, "page": page, "limit": 25})
    );
    let past = secryn
        .get(&format!("/resources?page={}", page + 100))
        .await
        .expect(200);
    assert_eq!(past["data"], json!([]));
}

#[tokio::test]
async fn case_10_a_bad_page_is_named() {
    let secryn = Secryn::start().await;
    for (query, field) in [("page=0", "page"), ("limit=abc", "limit"), ("limit=101", "limit")] {
        let refused = secryn
            .get(&format!("/resources?{query}"))
            .await
            .fails(400, "INVALID_REQUEST");
        assert_eq!(refused["error"]["details"]["field"], field);
    }
}

#[tokio::test]
async fn case_11_it_is_deleted() {
    let secryn = Secryn::start().await;
    let made = secryn
        .post("/resources", json!({"name": "Gone"}))
        .await
        .expect(200);
    let id = made.text_at("/data/id");
    let deleted = secryn.delete(&format!("/resources/{id}")).await.expect(200);
    assert_eq!(deleted.json, json!({"data": {"id": id, "deleted": true}}));
    secryn
        .get(&format!("/resources/{id}"))
        .await
        .fails(404, "NOT_FOUND");
}

#[tokio::test]
async fn case_14_wrong_tokens_and_unknown_paths_are_refused() {
    let secryn = Secryn::start().await;
    secryn
        .get_as("wrong", "/resources")
        .await
        .fails(401, "UNAUTHORIZED");
    let unknown = secryn.get("/nope").await.fails(404, "NOT_FOUND");
    assert_eq!(members(&unknown["error"]), ["code", "details", "message"]);
    assert_eq!(unknown["error"]["details"], Value::Object(serde_json::Map::new()));
}
