use reqwest::Method;
use serde_json::json;

use super::{VSecure, fresh};
use crate::answer::Answer;

#[tokio::test]
async fn case_01_an_empty_account_has_an_empty_page_and_a_thousand_requests() {
    let door = VSecure::limited().await;
    let page = door.get("/secrets").await.expect(200);
    assert!(page["pagination"]["hasMore"].is_boolean());
    assert!(page.number("x-ratelimit-reset") > 0);
    if door.0.is_own() {
        assert_eq!(page["data"], json!([]));
        assert_eq!(page["pagination"]["hasMore"], false);
        assert_eq!(page["pagination"]["totalCount"], 0);
        assert_eq!(page.number("x-ratelimit-limit"), 1000);
        assert_eq!(page.number("x-ratelimit-remaining"), 999);
        assert_eq!(
            page.number("x-ratelimit-reset") % 3600,
            0,
            "windows are hours of the clock"
        );
    }
}

#[tokio::test]
async fn case_02_no_key_or_nonsense_is_refused() {
    let door = VSecure::start().await;
    let none = door.send(Method::GET, None, "/secrets", None).await;
    let none = none.fails(401, "AUTHENTICATION_REQUIRED");
    assert_eq!(none.header("www-authenticate"), "Bearer");
    for token in [
        "nonsense",
        "vsec_live_",
        "vsec_live_00000000000000000000000000000000",
        "coffer_x",
    ] {
        door.get_as(token, "/secrets")
            .await
            .fails(401, "AUTHENTICATION_REQUIRED");
    }
    let other = door
        .request(Method::GET, None, "/secrets")
        .header("x-api-key", door.token());
    Answer::of(other).await.expect(200);
    let both = door
        .request(Method::GET, Some("nonsense"), "/secrets")
        .header("x-api-key", door.token());
    Answer::of(both).await.fails(401, "AUTHENTICATION_REQUIRED");
}

#[tokio::test]
async fn case_04_a_region_is_a_partition() {
    let door = VSecure::start().await;
    let from = |region: &str| {
        door.request(Method::GET, Some(door.token()), "/secrets")
            .header("x-region", region)
    };
    let page = Answer::of(from("eu-west-1")).await.expect(200);
    assert!(page["data"].is_array() && page["pagination"]["totalCount"].is_number());
    assert_eq!(page.header("x-region"), "eu-west-1");
    Answer::of(from("mars-1")).await.fails(400, "VALIDATION_ERROR");
    let name = VSecure::name("REGIONAL");
    let body = json!({"name": name, "value": "there"});
    let there = door
        .request(Method::POST, Some(door.token()), "/secrets")
        .header("x-region", "eu-west-1");
    let made = Answer::of(there.json(&body)).await.expect(201);
    assert_eq!(made["region"], "eu-west-1");
    door.secret(&name, "here", &[]).await;
    assert_eq!(
        door.get(&format!("/secrets/{name}")).await.expect(200)["value"],
        "here"
    );
    let path = format!("/secrets/{name}");
    let in_region = |region: &str| {
        door.request(Method::GET, Some(door.token()), &path)
            .header("x-region", region)
    };
    assert_eq!(
        Answer::of(in_region("eu-west-1")).await.expect(200)["value"],
        "there"
    );
    Answer::of(in_region("us-west-2"))
        .await
        .fails(404, "RESOURCE_NOT_FOUND");
    door.delete(&path).await.expect(200);
    let anywhere = door.get(&path).await.expect(200);
    assert_eq!(anywhere["value"], "there", "without a region, all are looked in");
}

#[tokio::test]
async fn case_05_a_request_under_an_idempotency_key_is_done_once() {
    let door = VSecure::start().await;
    let (name, key) = (VSecure::name("API_KEY"), fresh());
    let body = json!({"name": name, "value": "..."});
    let send = || {
        let request = door.request(Method::POST, Some(door.token()), "/secrets");
        Answer::of(request.header("idempotency-key", &key).json(&body))
    };
    let first = send().await.expect(201);
    assert_eq!(first["version"], 1);
    let again = send().await.expect(201);
    assert_eq!(first.text, again.text);
    assert_eq!(
        door.get(&format!("/secrets/{name}")).await.expect(200)["version"],
        1
    );
    let body = json!({"name": "once", "scopes": ["secrets:read"]});
    let key = fresh();
    let make = || {
        let request = door.request(Method::POST, Some(door.token()), "/api-keys");
        Answer::of(request.header("idempotency-key", &key).json(&body))
    };
    assert_eq!(
        make().await.expect(201)["apiKey"],
        make().await.expect(201)["apiKey"]
    );
}

#[tokio::test]
async fn case_06_the_same_key_with_another_body_is_refused() {
    let door = VSecure::start().await;
    let key = fresh();
    let send = |value: &str| {
        let body = json!({"name": VSecure::name("K"), "value": value});
        let request = door.request(Method::POST, Some(door.token()), "/secrets");
        Answer::of(request.header("idempotency-key", &key).json(&body))
    };
    send("a").await.expect(201);
    send("b").await.fails(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn case_13_what_is_missing_or_no_json_is_refused() {
    let door = VSecure::start().await;
    let refused = door
        .post("/secrets", json!({"name": "X"}))
        .await
        .fails(400, "VALIDATION_ERROR");
    assert!(refused["error"]["details"]["fields"]["value"].is_array());
    let form = door.request(Method::POST, Some(door.token()), "/secrets");
    let form = form
        .header("content-type", "application/x-www-form-urlencoded")
        .body("name=X&value=v");
    Answer::of(form).await.fails(400, "VALIDATION_ERROR");
    for (field, value) in [
        ("name", json!("a/b")),
        ("name", json!("")),
        ("value", json!("")),
        ("value", json!("x".repeat(65_537))),
        ("tags", json!(["a,b"])),
        ("metadata", json!([])),
        ("expiresIn", json!("soon")),
        ("expiresAt", json!("2000-01-01")),
        ("rotationPolicy", json!({"period": 1})),
    ] {
        let mut body = json!({"name": "X", "value": "v"});
        body[field] = value;
        let refused = door.post("/secrets", body).await.fails(400, "VALIDATION_ERROR");
        assert!(
            refused["error"]["details"]["fields"][field].is_array(),
            "{}",
            refused.text
        );
    }
}

#[tokio::test]
async fn case_44_a_key_of_its_own_rate_is_refused_beyond_it() {
    let door = VSecure::start().await;
    // Windows are hours of the clock: a test that sees one end begins again in the next.
    loop {
        let body =
            json!({"name": "slow", "scopes": ["secrets:read"], "rateLimit": {"requests": 2, "period": "1h"}});
        let key = door.post("/api-keys", body).await.expect(201).text_at("/apiKey");
        let mut answers = Vec::new();
        for _ in 0..3 {
            answers.push(door.get_as(&key, "/secrets").await);
        }
        let ends = answers.iter().map(|answer| answer.number("x-ratelimit-reset"));
        if ends.collect::<std::collections::BTreeSet<_>>().len() > 1 {
            continue;
        }
        assert_eq!((answers[0].status, answers[1].status), (200, 200));
        let refused = answers.remove(2).fails(429, "RATE_LIMIT_EXCEEDED");
        assert_eq!(refused.number("x-ratelimit-limit"), 2);
        assert_eq!(refused.number("x-ratelimit-remaining"), 0);
        assert!(refused.number("retry-after") > 0);
        assert!(refused["error"]["details"]["retryAfter"].as_i64().unwrap() > 0);
        return;
    }
}

#[tokio::test]
async fn case_45_what_is_broken_or_not_there_has_the_envelope() {
    let door = VSecure::start().await;
    let broken = door.request(Method::POST, Some(door.token()), "/secrets");
    let broken = broken.header("content-type", "application/json").body("{");
    Answer::of(broken).await.fails(400, "VALIDATION_ERROR");
    door.get("/planets").await.fails(404, "RESOURCE_NOT_FOUND");
    let wrong = door
        .send(Method::PATCH, Some(door.token()), "/secrets", None)
        .await;
    wrong.fails(405, "METHOD_NOT_ALLOWED");
    let health = door.send(Method::GET, None, "/health", None).await.expect(200);
    assert_eq!(health["status"], "healthy");
    if door.0.is_own() {
        let twin = door.0.base.replace("/v1/security", "/api/v1/security");
        let request = door
            .0
            .http
            .get(format!("{twin}/secrets/"))
            .bearer_auth(door.token());
        Answer::of(request).await.expect(200);
    }
}
