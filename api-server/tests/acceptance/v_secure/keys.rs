use reqwest::Method;
use serde_json::json;

use super::{VSecure, is_moment, moment};
use crate::answer::{Answer, members};

const DAY: i64 = 86_400;

/// The key of the original's example: what was answered.
async fn billing(door: &VSecure) -> Answer {
    let body = json!({
        "name": "Production API Key", "description": "d", "scopes": ["secrets:read", "audit:read"],
        "expiresIn": "365d", "rateLimit": {"requests": 10000, "period": "1h"},
        "metadata": {"service": "billing-api"},
    });
    door.post("/api-keys", body).await.expect(201)
}

#[tokio::test]
async fn case_22_a_key_is_made_and_shown_once() {
    let door = VSecure::start().await;
    let made = billing(&door).await;
    let (id, key) = (made.text_at("/id"), made.text_at("/apiKey"));
    assert!(id.starts_with("key_"));
    let random = key.strip_prefix("vsec_live_").unwrap();
    assert!(random.len() == 32 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(made["lastUsedAt"], json!(null));
    let length = moment(&made, "/expiresAt").as_second() - moment(&made, "/createdAt").as_second();
    assert_eq!(length, 365 * DAY);
    assert_eq!(
        members(&made.json),
        [
            "apiKey",
            "createdAt",
            "description",
            "expiresAt",
            "id",
            "ipWhitelist",
            "lastUsedAt",
            "metadata",
            "name",
            "rateLimit",
            "revokedAt",
            "scopes",
            "status",
            "usageCount"
        ]
    );
    for (field, value) in [
        ("scopes", json!([])),
        ("scopes", json!(["secrets:fly"])),
        ("name", json!("")),
        ("rateLimit", json!({"requests": 0, "period": "1h"})),
        ("ipWhitelist", json!(["nowhere"])),
    ] {
        let mut body = json!({"name": "n", "scopes": ["secrets:read"]});
        body[field] = value;
        door.post("/api-keys", body).await.fails(400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn case_23_a_key_is_shown_without_its_token() {
    let door = VSecure::start().await;
    let made = billing(&door).await;
    let path = format!("/api-keys/{}", made.text_at("/id"));
    let found = door.get(&path).await.expect(200);
    assert_eq!(found["status"], "active");
    assert!(found.json.get("apiKey").is_none() && !found.text.contains(&made.text_at("/apiKey")));
    assert_eq!(found["scopes"], json!(["secrets:read", "audit:read"]));
    assert_eq!(found["rateLimit"], json!({"requests": 10000, "period": "1h"}));
    door.get("/api-keys/key_nope")
        .await
        .fails(404, "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn case_24_a_key_does_what_its_scopes_say() {
    let door = VSecure::start().await;
    let name = VSecure::name("API_KEY");
    door.secret(&name, "v", &[]).await;
    let key = billing(&door).await.text_at("/apiKey");
    let page = door.get_as(&key, "/secrets").await.expect(200);
    assert_eq!(page.number("x-ratelimit-limit"), 10000);
    let body = json!({"name": "X", "value": "v"});
    let refused = door
        .post_as(&key, "/secrets", body)
        .await
        .fails(403, "PERMISSION_DENIED");
    assert_eq!(refused["error"]["details"]["requiredScope"], "secrets:write");
    let path = format!("/secrets/{name}");
    door.send(Method::DELETE, Some(&key), &path, None)
        .await
        .fails(403, "PERMISSION_DENIED");
    door.get_as(&key, "/mcp/resources")
        .await
        .fails(403, "PERMISSION_DENIED");
    let (manager, _) = door.key(&["apikeys:manage", "secrets:read"]).await;
    let more = json!({"name": "more", "scopes": ["secrets:write"]});
    let refused = door.post_as(&manager, "/api-keys", more).await;
    refused.fails(403, "PERMISSION_DENIED");
    let same = json!({"name": "same", "scopes": ["secrets:read", "apikeys:read"]});
    door.post_as(&manager, "/api-keys", same).await.expect(201);
}

#[tokio::test]
async fn case_25_a_key_is_changed_at_once() {
    let door = VSecure::start().await;
    let made = billing(&door).await;
    let (id, key) = (made.text_at("/id"), made.text_at("/apiKey"));
    door.get_as(&key, "/audit-logs").await.expect(200);
    let body = json!({
        "name": "Updated Production Key", "scopes": ["secrets:read"], "rateLimit": {"requests": 5000, "period": "1h"},
    });
    let changed = door.put(&format!("/api-keys/{id}"), body).await.expect(200);
    assert_eq!(changed["name"], "Updated Production Key");
    assert_eq!(changed["metadata"], json!({"service": "billing-api"}));
    let refused = door
        .get_as(&key, "/audit-logs")
        .await
        .fails(403, "PERMISSION_DENIED");
    assert_eq!(refused.number("x-ratelimit-limit"), 5000);
    let away = json!({"ipWhitelist": ["203.0.113.0/24"]});
    if door.0.is_own() {
        door.put(&format!("/api-keys/{id}"), away).await.expect(200);
        door.get_as(&key, "/secrets")
            .await
            .fails(401, "AUTHENTICATION_REQUIRED");
    }
}

#[tokio::test]
async fn case_26_a_key_is_succeeded_with_an_overlap() {
    let door = VSecure::start().await;
    let made = billing(&door).await;
    let (id, key) = (made.text_at("/id"), made.text_at("/apiKey"));
    let path = format!("/api-keys/{id}/rotate");
    let both = door
        .post(&path, json!({"transitionPeriod": "7d"}))
        .await
        .expect(200);
    assert_eq!(both["oldKey"]["status"], "rotating");
    let overlap = moment(&both, "/oldKey/expiresAt").as_second() - moment(&made, "/createdAt").as_second();
    assert!((7 * DAY..7 * DAY + 120).contains(&overlap), "{overlap}");
    assert_ne!(both.text_at("/newKey/id"), id);
    assert_eq!(both["newKey"]["expiresAt"], made["expiresAt"]);
    let fresh = both.text_at("/newKey/apiKey");
    door.get_as(&key, "/secrets").await.expect(200);
    door.get_as(&fresh, "/secrets").await.expect(200);
    door.post(&path, json!({})).await.fails(400, "VALIDATION_ERROR");
    let next = format!("/api-keys/{}/rotate", both.text_at("/newKey/id"));
    let at_once = door
        .post(&next, json!({"transitionPeriod": "0s"}))
        .await
        .expect(200);
    assert_eq!(at_once["oldKey"]["status"], "expired");
    door.get_as(&fresh, "/secrets")
        .await
        .fails(401, "AUTHENTICATION_REQUIRED");
    let (writer, _) = door.key(&["apikeys:write"]).await;
    let stronger = format!("/api-keys/{}/rotate", at_once.text_at("/newKey/id"));
    door.post_as(&writer, &stronger, json!({}))
        .await
        .fails(403, "PERMISSION_DENIED");
}

#[tokio::test]
async fn case_27_keys_are_listed_and_their_use_is_told() {
    let door = VSecure::start().await;
    let made = billing(&door).await;
    let (id, key) = (made.text_at("/id"), made.text_at("/apiKey"));
    door.get_as(&key, "/secrets").await.expect(200);
    door.get_as(&key, "/mcp/resources").await.expect(403);
    let (mut found, mut cursor) = (false, String::new());
    loop {
        let page = door
            .get(&format!("/api-keys?status=active{cursor}"))
            .await
            .expect(200);
        found |= page.list_at("/data").iter().any(|item| item["id"] == *id);
        assert!(
            page.list_at("/data")
                .iter()
                .all(|item| item["status"] == "active")
        );
        if page["pagination"]["hasMore"] == false {
            break;
        }
        cursor = format!("&cursor={}", page.text_at("/pagination/cursor"));
    }
    assert!(found);
    door.get("/api-keys?status=lost")
        .await
        .fails(400, "VALIDATION_ERROR");
    let usage = door
        .get(&format!("/api-keys/{id}/usage?since=1d"))
        .await
        .expect(200);
    assert_eq!(usage["totalRequests"], 2);
    assert_eq!(usage["requestsByEndpoint"], json!({"/secrets": 1, "/mcp": 1}));
    assert_eq!(
        (&usage["errors"], &usage["rateLimitHits"]),
        (&json!(1), &json!(0))
    );
    let month = door.get(&format!("/api-keys/{id}/usage")).await.expect(200);
    assert!(is_moment(&month["period"]["start"]) && is_moment(&month["period"]["end"]));
    let key = door.get(&format!("/api-keys/{id}")).await.expect(200);
    assert_eq!(key["usageCount"], 2);
    assert!(is_moment(&key["lastUsedAt"]));
}

#[tokio::test]
async fn case_28_a_revoked_key_is_over_at_once_and_still_told() {
    let door = VSecure::start().await;
    let made = billing(&door).await;
    let (id, key) = (made.text_at("/id"), made.text_at("/apiKey"));
    let path = format!("/api-keys/{id}");
    let gone = door.delete(&path).await.expect(200);
    assert_eq!((&gone["revoked"], &gone["id"]), (&json!(true), &json!(id)));
    door.get_as(&key, "/secrets")
        .await
        .fails(401, "AUTHENTICATION_REQUIRED");
    assert_eq!(door.get(&path).await.expect(200)["status"], "revoked");
    assert_eq!(
        door.delete(&path).await.expect(200)["revokedAt"],
        gone["revokedAt"]
    );
    door.put(&path, json!({"name": "again"}))
        .await
        .fails(400, "VALIDATION_ERROR");
    door.post(&format!("{path}/rotate"), json!({}))
        .await
        .fails(400, "VALIDATION_ERROR");
}
