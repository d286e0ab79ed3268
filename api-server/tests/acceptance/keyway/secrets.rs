use serde_json::json;

use super::{ADMIN, Keyway, REPO, problem};

const VALUE: &str = "postgres://user:pass@host:5432/db";

/// A vault with one secret in `production`: its path.
async fn with_secret() -> (Keyway, String) {
    let keyway = Keyway::with_vault().await;
    let made = keyway
        .post(&format!("{REPO}/secrets"), body("DATABASE_URL", VALUE))
        .await
        .expect(201);
    let path = format!("{REPO}/secrets/{}", made.text_at("/data/id"));
    (keyway, path)
}

fn body(key: &str, value: &str) -> serde_json::Value {
    json!({"key": key, "value": value, "environment": "production"})
}

#[tokio::test]
async fn case_22_a_secret_is_made_once_under_a_strict_name() {
    let keyway = Keyway::with_vault().await;
    let path = format!("{REPO}/secrets");
    let made = keyway.post(&path, body("DATABASE_URL", VALUE)).await.expect(201);
    for member in ["id", "key", "environment", "createdAt", "updatedAt"] {
        assert!(made["data"][member].is_string(), "{member}");
    }
    assert!(made["data"].get("value").is_none() && !made.text.contains(VALUE));
    assert_eq!(
        (
            &made["data"]["status"],
            &made["data"]["lastModifiedBy"]["username"]
        ),
        (&json!("created"), &json!("octocat"))
    );
    problem(
        keyway.post(&path, body("DATABASE_URL", "x")).await,
        409,
        "conflict",
    );
    for key in ["database_url", "123_KEY", "API-KEY"] {
        let bad = problem(keyway.post(&path, body(key, "x")).await, 400, "bad-request");
        assert_eq!(bad["errors"][0]["field"], "key");
    }
    problem(
        keyway.post(&path, body("LARGE", &"x".repeat(65_537))).await,
        400,
        "bad-request",
    );
    keyway
        .post(&path, body("LARGEST", &"x".repeat(65_536)))
        .await
        .expect(201);
    problem(
        keyway.post(&path, json!({"key": "A", "value": "x"})).await,
        400,
        "bad-request",
    );
}

#[tokio::test]
async fn case_23_lists_have_no_values_and_a_value_has_a_preview() {
    let (keyway, path) = with_secret().await;
    let page = keyway
        .get(&format!("{REPO}/secrets?limit=25&offset=0"))
        .await
        .expect(200);
    assert_eq!(
        (
            page["data"][0]["key"].clone(),
            page["meta"]["pagination"]["total"].clone()
        ),
        (json!("DATABASE_URL"), json!(1))
    );
    assert!(!page.text.contains(VALUE));
    let read = keyway.get(&format!("{path}/value")).await.expect(200);
    assert_eq!(
        read["data"],
        json!({"value": VALUE, "preview": "post\u{2022}\u{2022}\u{2022}\u{2022}2/db"})
            .as_object()
            .map(|it| json!(it))
            .unwrap()
    );
    let limited = Keyway::limited(&["--rate-limit", "keyway.default=off"]).await;
    for _ in 0..10 {
        limited.get(&format!("{path}/value")).await.expect(404);
    }
    problem(limited.get(&format!("{path}/value")).await, 429, "rate-limited");
}

#[tokio::test]
async fn case_24_values_have_a_history() {
    let (keyway, path) = with_secret().await;
    keyway.patch(&path, json!({"value": "v2"})).await.expect(200);
    let renamed = keyway.patch(&path, json!({"name": "DB_URL"})).await.expect(200);
    assert_eq!(renamed["data"]["key"], "DB_URL");
    problem(keyway.patch(&path, json!({})).await, 400, "bad-request");
    keyway.patch(&path, json!({"value": "v2"})).await.expect(200);
    let versions = keyway.get(&format!("{path}/versions")).await.expect(200);
    assert_eq!(
        versions.list_at("/data").len(),
        1,
        "the same value is no new version: {}",
        versions.text
    );
    assert_eq!(versions["data"][0]["versionNumber"], 1);
    let first = format!("{path}/versions/{}", versions.text_at("/data/0/id"));
    let old = keyway.get(&format!("{first}/value")).await.expect(200);
    assert_eq!(old["data"], json!({"value": VALUE, "versionNumber": 1}));
    let restored = keyway
        .post(&format!("{first}/restore"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&restored["data"]["key"], &restored["data"]["versionNumber"]),
        (&json!("DB_URL"), &json!(1))
    );
    assert_eq!(
        keyway.get(&format!("{path}/value")).await.expect(200)["data"]["value"],
        VALUE
    );
    let versions = keyway.get(&format!("{path}/versions")).await.expect(200);
    let numbers: Vec<_> = versions
        .list_at("/data")
        .iter()
        .map(|one| one["versionNumber"].clone())
        .collect();
    assert_eq!(numbers, [json!(2), json!(1)]);
    let unknown = format!("{path}/versions/00000000-0000-4000-8000-000000000000/value");
    problem(keyway.get(&unknown).await, 404, "not-found");
}

#[tokio::test]
async fn case_25_a_value_is_viewed_by_its_key() {
    let (keyway, _) = with_secret().await;
    let query = "/secrets/view?repo=owner/repo&environment=production&key=";
    let viewed = keyway.get(&format!("{query}DATABASE_URL")).await.expect(200);
    assert_eq!(
        viewed["data"],
        json!({"key": "DATABASE_URL", "value": VALUE, "environment": "production"})
    );
    problem(keyway.get(&format!("{query}NONE")).await, 404, "not-found");
    problem(
        keyway.get("/secrets/view?repo=owner/repo").await,
        400,
        "bad-request",
    );
}

#[tokio::test]
async fn case_26_a_deleted_secret_is_in_the_trash() {
    let (keyway, path) = with_secret().await;
    let deleted = keyway.delete(&path).await.expect(204);
    assert_eq!(deleted.text, "");
    problem(keyway.get(&format!("{path}/value")).await, 404, "not-found");
    let trash = keyway.get(&format!("{REPO}/trash")).await.expect(200);
    assert_eq!(trash["data"][0]["key"], "DATABASE_URL");
    problem(
        keyway.get(&format!("{REPO}/secrets/not-an-id/value")).await,
        404,
        "not-found",
    );
    problem(keyway.pull_as(ADMIN, "production").await, 404, "not-found");
}

/// An id of another vault's is unknown in this one.
#[tokio::test]
async fn a_secret_is_found_in_its_own_vault_alone() {
    let (keyway, path) = with_secret().await;
    keyway
        .post("/vaults", json!({"repoFullName": "acme/api"}))
        .await
        .expect(201);
    let elsewhere = path.replace("owner/repo", "acme/api");
    problem(keyway.get(&format!("{elsewhere}/value")).await, 404, "not-found");
    problem(keyway.delete(&elsewhere).await, 404, "not-found");
}
