use serde_json::json;

use super::{ADMIN, DEV, Keyway, REPO, problem};

#[tokio::test]
async fn case_27_an_environment_is_added() {
    let keyway = Keyway::with_vault().await;
    let path = format!("{REPO}/environments");
    let added = keyway.post(&path, json!({"name": "preview"})).await.expect(201);
    assert_eq!(added["data"]["environment"], "preview");
    assert!(added.list_at("/data/environments").contains(&json!("preview")));
    problem(
        keyway.post(&path, json!({"name": "preview"})).await,
        409,
        "conflict",
    );
    for name in ["Local", "1dev", "a", ""] {
        problem(
            keyway.post(&path, json!({ "name": name })).await,
            400,
            "bad-request",
        );
    }
    problem(
        keyway.post_as(DEV, &path, json!({"name": "other"})).await,
        403,
        "forbidden",
    );
    let listed = keyway.get_as(DEV, &path).await.expect(200);
    assert_eq!(listed.list_at("/data/environments").len(), 5);
}

#[tokio::test]
async fn case_28_an_environment_is_renamed_with_all_in_it() {
    let keyway = Keyway::with_vault().await;
    let path = format!("{REPO}/environments");
    keyway.post(&path, json!({"name": "preview"})).await.expect(201);
    keyway.push("preview", json!({"A": "1"})).await.expect(200);
    let renamed = keyway
        .patch(&format!("{path}/preview"), json!({"newName": "qa"}))
        .await
        .expect(200);
    assert_eq!(
        (&renamed["data"]["oldName"], &renamed["data"]["newName"]),
        (&json!("preview"), &json!("qa"))
    );
    assert!(renamed.list_at("/data/environments").contains(&json!("qa")));
    assert_eq!(keyway.content("qa").await, "A=1");
    problem(
        keyway
            .patch(&format!("{path}/qa"), json!({"newName": "local"}))
            .await,
        409,
        "conflict",
    );
    problem(
        keyway
            .patch(&format!("{path}/none"), json!({"newName": "other"}))
            .await,
        404,
        "not-found",
    );
}

#[tokio::test]
async fn case_29_environments_are_deleted_but_for_the_last() {
    let keyway = Keyway::with_vault().await;
    let deleted = keyway
        .delete(&format!("{REPO}/environments/staging"))
        .await
        .expect(200);
    assert_eq!(deleted["data"]["deleted"], "staging");
    keyway
        .post("/vaults", json!({"repoFullName": "acme/api"}))
        .await
        .expect(201);
    for name in ["local", "development", "staging"] {
        keyway
            .delete(&format!("/vaults/acme/api/environments/{name}"))
            .await
            .expect(200);
    }
    let last = keyway.delete("/vaults/acme/api/environments/production").await;
    problem(last, 403, "forbidden");
    problem(
        keyway.delete("/vaults/acme/api/environments/local").await,
        404,
        "not-found",
    );
}

#[tokio::test]
async fn an_environments_type_protects_it_whatever_its_name() {
    let keyway = Keyway::with_vault().await;
    keyway
        .push_as(DEV, "staging", json!({"A": "1"}))
        .await
        .expect(200);
    let path = format!("{REPO}/environments/staging/type");
    let typed = keyway
        .patch(&path, json!({"type": "protected"}))
        .await
        .expect(200);
    assert_eq!(
        typed["data"],
        json!({"environment": "staging", "oldType": "standard", "newType": "protected"})
    );
    problem(
        keyway.push_as(DEV, "staging", json!({"A": "2"})).await,
        403,
        "forbidden",
    );
    keyway
        .push_as(ADMIN, "staging", json!({"A": "2"}))
        .await
        .expect(200);
    problem(
        keyway.patch(&path, json!({"type": "other"})).await,
        400,
        "bad-request",
    );
}
