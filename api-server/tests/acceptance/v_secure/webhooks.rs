use serde_json::json;

use super::{VSecure, receiver::Receiver};

#[tokio::test]
async fn case_39_a_webhook_is_told_once_signed_and_without_a_value() {
    let door = VSecure::start().await;
    let body = json!({
        "url": "https://your-app.com/webhooks/vsecure",
        "events": ["secret.created", "secret.accessed", "apikey.rotated"], "secret": "whsec_...",
    });
    let made = door.post("/webhooks", body.clone()).await.expect(201);
    assert!(made.text_at("/id").starts_with("whk_"));
    assert_eq!((&made["url"], &made["events"]), (&body["url"], &body["events"]));
    let path = format!("/webhooks/{}", made.text_at("/id"));
    assert!(door.get(&path).await.expect(200).json.get("secret").is_none());
    assert_eq!(
        door.put(&path, json!({"active": false})).await.expect(200)["status"],
        "disabled"
    );
    door.delete(&path).await.expect(200);
    door.get(&path).await.fails(404, "RESOURCE_NOT_FOUND");
    if !door.0.is_own() {
        return;
    }
    let receiver = Receiver::open().await;
    let events = ["secret.created", "secret.accessed", "apikey.rotated"];
    let body = json!({"url": receiver.url(), "events": events, "secret": "whsec_ours"});
    let hook = door.post("/webhooks", body).await.expect(201).text_at("/id");
    let name = VSecure::name("TOLD");
    let secret = door.secret(&name, "canary-of-webhooks", &["t"]).await;
    let told = receiver.next().await;
    assert_eq!(told.json["type"], "secret.created");
    assert_eq!(told.json["data"]["secret"]["id"], secret["id"]);
    assert_eq!(told.json["data"]["secret"]["tags"], json!(["t"]));
    assert_eq!(
        (&told.json["webhookId"], &told.json["livemode"]),
        (&json!(hook), &json!(true))
    );
    assert!(told.is_signed("whsec_ours") && !told.is_signed("another"));
    assert_eq!(told.header("x-lanonasis-event"), "secret.created");
    assert_eq!(told.header("user-agent"), "Lanonasis-Webhooks/1.0");
    assert!(!told.body.contains("canary-of-webhooks"));
    door.put(&format!("/secrets/{name}"), json!({"value": "x"}))
        .await
        .expect(200);
    door.get(&format!("/secrets/{name}")).await.expect(200);
    let told = receiver.next().await;
    assert_eq!(
        told.json["type"], "secret.accessed",
        "nobody asked to be told of changes"
    );
    let (_, key) = door.key(&["secrets:read"]).await;
    door.post(&format!("/api-keys/{key}/rotate"), json!({}))
        .await
        .expect(200);
    let told = receiver.next().await;
    assert_eq!(told.json["type"], "apikey.rotated");
    assert_eq!(told.json["data"]["apiKey"]["id"], *key);
}

#[tokio::test]
async fn case_40_unknown_events_and_bad_urls_are_refused() {
    let door = VSecure::start().await;
    let url = "https://your-app.com/hook";
    for body in [
        json!({"url": url, "events": ["secret.exploded"]}),
        json!({"url": url, "events": []}),
        json!({"url": url}),
        json!({"url": "not a url", "events": ["secret.created"]}),
        json!({"url": "file:///etc/passwd", "events": ["secret.created"]}),
        json!({"events": ["secret.created"]}),
    ] {
        door.post("/webhooks", body).await.fails(400, "VALIDATION_ERROR");
    }
}
