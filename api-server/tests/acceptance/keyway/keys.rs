use serde_json::json;

use super::{DEV, Keyway, REPO, problem};

#[tokio::test]
async fn case_30_one_is_told_who_one_is_and_what_one_uses() {
    let keyway = Keyway::with_vault().await;
    let me = keyway.get("/users/me").await.expect(200);
    assert_eq!(
        (&me["data"]["username"], &me["data"]["githubId"]),
        (&json!("octocat"), &json!(12345))
    );
    for member in ["id", "avatarUrl", "createdAt"] {
        assert!(me["data"][member].is_string(), "{member}");
    }
    let usage = keyway.get("/users/me/usage").await.expect(200);
    assert_eq!(
        (&usage["data"]["plan"], &usage["data"]["limits"]["maxPublicRepos"]),
        (&json!("free"), &json!("unlimited"))
    );
    assert_eq!(usage["data"]["limits"]["maxPrivateRepos"], 1);
    assert!(usage["data"]["usage"]["public"].as_u64().unwrap() >= 1);
    assert_eq!(usage["data"]["usage"]["private"], 0);
}

#[tokio::test]
async fn case_31_what_one_did_is_listed_without_values() {
    let keyway = Keyway::with_vault().await;
    keyway
        .push("local", json!({"A": "hunter2-canary"}))
        .await
        .expect(200);
    keyway.content("local").await;
    let page = keyway.get("/activity?limit=50").await.expect(200);
    let actions: Vec<&str> = page
        .list_at("/data")
        .iter()
        .map(|one| one["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        &actions[..3],
        ["secrets_pulled", "secrets_pushed", "vault_created"],
        "newest first"
    );
    assert!(!page.text.contains("hunter2-canary"));
    assert_eq!(page["data"][1]["metadata"]["created"], 1);
    assert_eq!(
        (
            &page["data"][0]["actor"]["username"],
            &page["data"][0]["repoFullName"]
        ),
        (&json!("octocat"), &json!("owner/repo"))
    );
    let others = keyway.get_as(DEV, "/activity").await.expect(200);
    assert!(
        others
            .list_at("/data")
            .iter()
            .all(|one| one["actor"]["username"] == "dev")
    );
}

#[tokio::test]
async fn case_32_a_key_is_shown_once_and_revoked_once() {
    let keyway = Keyway::with_vault().await;
    let body = json!({
        "name": "CI/CD Production",
        "environment": "live",
        "scopes": ["read:secrets", "write:secrets"],
        "expiresInDays": 365,
        "allowedIps": ["127.0.0.0/8"],
    });
    let made = keyway.post("/api-keys", body).await.expect(200);
    let (id, token) = (made.text_at("/data/id"), made.text_at("/data/token"));
    let random = token.strip_prefix("kw_live_").unwrap();
    assert!(
        random.len() == 40 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{token}"
    );
    assert_eq!(made.text_at("/data/prefix"), token[..16]);
    keyway.get_as(&token, REPO).await.expect(200);
    let listed = keyway.get("/api-keys").await.expect(200);
    assert!(!listed.text.contains(&token));
    let one = listed
        .list_at("/data/keys")
        .iter()
        .find(|key| key["id"] == json!(id))
        .unwrap();
    assert_eq!((&one["isActive"], &one["usageCount"]), (&json!(true), &json!(1)));
    keyway.get(&format!("/api-keys/{id}")).await.expect(200);
    keyway.delete(&format!("/api-keys/{id}")).await.expect(204);
    problem(
        keyway.delete(&format!("/api-keys/{id}")).await,
        400,
        "bad-request",
    );
    problem(keyway.get("/api-keys/x").await, 400, "bad-request");
    problem(
        keyway.get("/api-keys/00000000-0000-4000-8000-000000000000").await,
        404,
        "not-found",
    );
    let elsewhere = json!({"name": "n", "environment": "live", "scopes": ["read:secrets"], "allowedIps": ["192.0.2.0/24"]});
    let far = keyway
        .post("/api-keys", elsewhere)
        .await
        .expect(200)
        .text_at("/data/token");
    problem(keyway.get_as(&far, REPO).await, 401, "unauthorized");
    for body in [
        json!({"name": "n", "environment": "live", "scopes": []}),
        json!({"name": "n", "environment": "live", "scopes": ["all"]}),
        json!({"name": "n", "environment": "prod", "scopes": ["read:secrets"]}),
        json!({"name": "n", "environment": "live", "scopes": ["read:secrets"], "expiresInDays": 366}),
        json!({"name": "n", "environment": "live", "scopes": ["read:secrets"], "allowedIps": ["x"]}),
        json!({"environment": "live", "scopes": ["read:secrets"]}),
    ] {
        problem(keyway.post("/api-keys", body).await, 400, "bad-request");
    }
}

#[tokio::test]
async fn case_43_an_organization_has_one_trial() {
    let keyway = Keyway::start().await;
    if !keyway.0.is_own() {
        return;
    }
    let before = keyway.get("/orgs/acme/trial").await.expect(200);
    assert_eq!(
        (&before["data"]["hasStarted"], &before["data"]["status"]),
        (&json!(false), &json!("none"))
    );
    problem(
        keyway.post_as(DEV, "/orgs/acme/trial/start", json!({})).await,
        403,
        "forbidden",
    );
    let begun = keyway.post("/orgs/acme/trial/start", json!({})).await.expect(200);
    assert!(begun["data"]["message"].is_string() && begun["data"]["trial_ends"].is_string());
    assert_eq!(begun["data"]["trial"]["daysRemaining"], 14);
    problem(
        keyway.post("/orgs/acme/trial/start", json!({})).await,
        400,
        "bad-request",
    );
    problem(keyway.get("/orgs/other/trial").await, 404, "not-found");
}
