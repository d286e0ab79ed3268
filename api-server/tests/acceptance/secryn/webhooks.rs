use serde_json::json;

use super::Secryn;

#[tokio::test]
async fn case_12_a_webhook_is_made() {
    let secryn = Secryn::start().await;
    let body =
        json!({"url": "https://example.com/webhook", "events": ["resource.created", "resource.updated"]});
    let made = secryn.post("/webhooks", body.clone()).await.expect(200);
    assert!(made.text_at("/data/id").starts_with("wh_"));
    assert_eq!(made["data"]["url"], body["url"]);
    assert_eq!(made["data"]["events"], body["events"]);
    let path = format!("/webhooks/{}", made.text_at("/data/id"));
    let found = secryn.get(&path).await.expect(200);
    assert!(!found.text.contains(&made.text_at("/data/secret")));
    secryn.delete(&path).await.expect(200);
    secryn.get(&path).await.fails(404, "NOT_FOUND");
}

#[tokio::test]
async fn case_13_a_bad_webhook_is_refused() {
    let secryn = Secryn::start().await;
    for body in [
        json!({"url": "not a url", "events": []}),
        json!({"url": "https://example.com/", "events": []}),
        json!({"url": "https://example.com/", "events": ["resource.exploded"]}),
        json!({"url": "file:///etc/passwd", "events": ["resource.created"]}),
        json!({"events": ["resource.created"]}),
    ] {
        secryn.post("/webhooks", body).await.fails(400, "INVALID_REQUEST");
    }
}
