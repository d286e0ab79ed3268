use reqwest::Method;
use serde_json::json;

use super::{ADMIN, DEV, Keyway, REPO, VIEWER, problem};

#[tokio::test]
async fn an_override_beats_the_role_until_it_is_deleted() {
    let keyway = Keyway::with_vault().await;
    let path = format!("{REPO}/permissions/overrides");
    let may = |can: bool| json!({"environment": "production", "targetType": "role", "targetRole": "write", "canRead": true, "canWrite": can});
    problem(keyway.post_as(DEV, &path, may(true)).await, 403, "forbidden");
    problem(
        keyway.push_as(DEV, "production", json!({"A": "1"})).await,
        403,
        "forbidden",
    );
    let made = keyway.post(&path, may(true)).await.expect(200);
    keyway
        .push_as(DEV, "production", json!({"A": "1"}))
        .await
        .expect(200);
    problem(keyway.post(&path, may(false)).await, 409, "conflict");
    let effective = keyway
        .get_as(DEV, &format!("{REPO}/permissions/effective"))
        .await
        .expect(200);
    assert_eq!(effective["data"]["permissions"]["production"]["canWrite"], true);
    let one = format!("{path}/{}", made.text_at("/data/id"));
    keyway
        .send(Method::PUT, Some(ADMIN), &one, Some(json!({"canWrite": false})))
        .await
        .expect(200);
    problem(
        keyway.push_as(DEV, "production", json!({"A": "2"})).await,
        403,
        "forbidden",
    );
    assert_eq!(
        keyway
            .get_as(VIEWER, &path)
            .await
            .expect(200)
            .list_at("/data/overrides")
            .len(),
        1
    );
    keyway.delete(&one).await.expect(200);
    problem(keyway.delete(&one).await, 404, "not-found");
}

#[tokio::test]
async fn one_users_override_beats_their_roles_and_all_are_reset() {
    let keyway = Keyway::with_vault().await;
    let dev = keyway
        .get_as(DEV, "/users/me")
        .await
        .expect(200)
        .text_at("/data/id");
    let path = format!("{REPO}/permissions/overrides");
    for body in [
        json!({"environment": "*", "targetType": "role", "targetRole": "write", "canRead": true, "canWrite": true}),
        json!({"environment": "*", "targetType": "user", "targetUserId": dev, "canRead": false, "canWrite": false}),
    ] {
        keyway.post(&path, body).await.expect(200);
    }
    keyway.push("local", json!({"A": "1"})).await.expect(200);
    problem(keyway.pull_as(DEV, "local").await, 403, "forbidden");
    keyway
        .delete(&format!("{REPO}/permissions/reset"))
        .await
        .expect(200);
    keyway.pull_as(DEV, "local").await.expect(200);
    for body in [
        json!({"environment": "*", "targetType": "user", "targetUserId": "x", "canRead": true, "canWrite": true}),
        json!({"environment": "*", "targetType": "role", "targetRole": "x", "canRead": true, "canWrite": true}),
        json!({"environment": "*", "targetType": "role", "targetRole": "read", "canRead": true}),
        json!({"environment": "a/b", "targetType": "role", "targetRole": "read", "canRead": true, "canWrite": true}),
    ] {
        problem(keyway.post(&path, body).await, 400, "bad-request");
    }
}
