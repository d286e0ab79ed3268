use serde_json::json;

use super::VSecure;

#[tokio::test]
async fn case_43_a_sandbox_sees_nothing_of_the_account_nor_the_account_of_it() {
    let door = VSecure::start().await;
    let name = VSecure::name("DATABASE_URL");
    door.secret(&name, "live", &[]).await;
    let body = json!({
        "name": "sandbox", "mode": "test",
        "scopes": ["secrets:read", "secrets:write", "secrets:delete", "apikeys:manage", "mcp:access", "audit:read"],
    });
    let made = door.post("/api-keys", body).await.expect(201);
    let key = made.text_at("/apiKey");
    assert!(key.starts_with("vsec_test_") && key.len() == "vsec_test_".len() + 32);
    let page = door.get_as(&key, "/secrets").await.expect(200);
    if door.0.is_own() {
        assert_eq!(
            (&page["data"], &page["pagination"]["totalCount"]),
            (&json!([]), &json!(0))
        );
    }
    let path = format!("/secrets/{name}");
    door.get_as(&key, &path).await.fails(404, "RESOURCE_NOT_FOUND");
    let body = json!({"name": name, "value": "test"});
    door.post_as(&key, "/secrets", body).await.expect(201);
    assert_eq!(door.get_as(&key, &path).await.expect(200)["value"], "test");
    assert_eq!(door.get(&path).await.expect(200)["value"], "live");
    let inner = door
        .post_as(
            &key,
            "/api-keys",
            json!({"name": "n", "scopes": ["secrets:read"]}),
        )
        .await;
    assert!(inner.expect(201).text_at("/apiKey").starts_with("vsec_test_"));
    let live = json!({"name": "n", "mode": "live", "scopes": ["secrets:read"]});
    door.post_as(&key, "/api-keys", live)
        .await
        .fails(400, "VALIDATION_ERROR");
    let logs = door.get_as(&key, "/audit-logs").await.expect(200);
    assert!(logs.text.contains(&name));
    assert!(
        !door
            .get("/audit-logs?limit=1000")
            .await
            .expect(200)
            .text
            .contains(".sandbox/")
    );
}
