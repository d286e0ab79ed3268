use reqwest::Method;
use serde_json::json;

use super::{Nest, failure};

#[tokio::test]
async fn case_30_a_viewer_sees_names_and_no_values() {
    let nest = Nest::start().await;
    let (admin, viewer) = (nest.person("admin").await, nest.person("viewer").await);
    let place = nest.place(&admin).await;
    let variable = nest.variable(&admin, place, "API_KEY", "canary").await;
    let invited = nest.invite(&admin, &viewer, "viewer").await.expect(201);
    assert_eq!(
        (&invited["member"]["id"], &invited["member"]["role"]),
        (&json!(viewer.id), &json!("viewer"))
    );
    failure(nest.invite(&admin, &viewer, "viewer").await, 409, "CONFLICT");
    let token = &viewer.token;
    let list = format!("/api/environments/{}/variables/", place.environment);
    let seen = nest.get(token, &list).await.expect(200);
    assert_eq!(seen["results"][0]["decrypted_value"], "[HIDDEN]");
    let one = format!("/api/variables/{variable}/");
    assert_eq!(
        nest.get(token, &one).await.expect(200)["decrypted_value"],
        "[HIDDEN]"
    );
    for format in ["env", "json", "yaml"] {
        let path = format!("/api/environments/{}/export/?format={format}", place.environment);
        let export = nest.get(token, &path).await.expect(200);
        assert!(
            export.text.contains("[HIDDEN]") && !export.text.contains("canary"),
            "{}",
            export.text
        );
    }
    let body = json!({"key": "B", "value": "x", "environment": place.environment});
    failure(
        nest.post(token, "/api/variables/", body).await,
        403,
        "PERMISSION_DENIED",
    );
    failure(
        nest.patch(token, &one, json!({"value": "x"})).await,
        403,
        "PERMISSION_DENIED",
    );
    let import = nest.upload(token, place.environment, (".env", "A=1"), &[]).await;
    failure(import, 403, "PERMISSION_DENIED");
    let project = format!("/api/projects/{}/", place.project);
    failure(nest.delete(token, &project).await, 403, "PERMISSION_DENIED");
}

#[tokio::test]
async fn case_31_roles_change_at_once_and_the_last_administrator_stays() {
    let nest = Nest::start().await;
    let (admin, other) = (nest.person("admin").await, nest.person("other").await);
    let place = nest.place(&admin).await;
    nest.invite(&admin, &other, "viewer").await.expect(201);
    let organization = format!("/api/organizations/{}", admin.organization);
    let role = async |token: &str, user: u64, role: &str| {
        let body = json!({"user_id": user, "role": role});
        nest.patch(token, &format!("{organization}/update_member_role/"), body)
            .await
    };
    let changed = role(&admin.token, other.id, "editor").await.expect(200);
    assert_eq!(changed["member"]["role"], "editor");
    let body = json!({"key": "B", "value": "x", "environment": place.environment});
    nest.post(&other.token, "/api/variables/", body).await.expect(201);
    let project = format!("/api/projects/{}/", place.project);
    failure(
        nest.delete(&other.token, &project).await,
        403,
        "PERMISSION_DENIED",
    );
    failure(
        role(&admin.token, admin.id, "viewer").await,
        400,
        "VALIDATION_ERROR",
    );
    failure(
        role(&admin.token, other.id, "owner").await,
        400,
        "VALIDATION_ERROR",
    );
    failure(role(&admin.token, 999_999, "viewer").await, 404, "NOT_FOUND");
    role(&admin.token, other.id, "admin").await.expect(200);
    role(&other.token, admin.id, "viewer").await.expect(200);
    failure(
        role(&admin.token, other.id, "viewer").await,
        403,
        "PERMISSION_DENIED",
    );
    let remove = async |token: &str, user: u64| {
        let path = format!("{organization}/remove_member/");
        nest.send(Method::DELETE, &path, token, Some(json!({"user_id": user})))
            .await
    };
    failure(remove(&other.token, other.id).await, 400, "VALIDATION_ERROR");
    role(&other.token, admin.id, "admin").await.expect(200);
    let removed = remove(&admin.token, other.id).await.expect(200);
    assert_eq!(removed["removed_member"]["username"], json!(other.username));
    failure(nest.get(&other.token, &project).await, 404, "NOT_FOUND");
    let nested = format!("/api/environments/{}/variables/", place.environment);
    failure(nest.get(&other.token, &nested).await, 403, "PERMISSION_DENIED");
}

#[tokio::test]
async fn case_31_members_are_listed_by_when_they_joined() {
    let nest = Nest::start().await;
    let (admin, other) = (nest.person("admin").await, nest.person("other").await);
    nest.invite(&admin, &other, "viewer").await.expect(201);
    let organization = format!("/api/organizations/{}", admin.organization);
    let members = nest
        .get(&admin.token, &format!("{organization}/members/"))
        .await
        .expect(200);
    assert_eq!(members["total_count"], 2);
    assert_eq!(
        members["members"][0]["id"],
        json!(admin.id),
        "by when they joined"
    );
    assert!(members["members"][1]["is_active"].is_boolean());
    let seen = nest
        .get(&other.token, &format!("{organization}/members/"))
        .await
        .expect(200);
    assert_eq!(
        (&seen["total_count"], &seen["members"][0]["is_active"]),
        (&json!(2), &json!(null))
    );
}

#[tokio::test]
async fn two_administrators_cannot_demote_each_other_at_once() {
    let nest = Nest::start().await;
    let (one, other) = (nest.person("one").await, nest.person("other").await);
    nest.invite(&one, &other, "admin").await.expect(201);
    let path = format!("/api/organizations/{}/update_member_role/", one.organization);
    let demote = |token: &str, user: u64| {
        let (nest, path, token) = (&nest, &path, token.to_owned());
        async move {
            nest.patch(&token, path, json!({"user_id": user, "role": "viewer"}))
                .await
        }
    };
    futures::future::join(demote(&one.token, other.id), demote(&other.token, one.id)).await;
    let members = nest
        .get(
            &one.token,
            &format!("/api/organizations/{}/members/", one.organization),
        )
        .await
        .expect(200);
    let admins = members
        .list_at("/members")
        .iter()
        .filter(|member| member["role"] == "admin");
    assert_eq!(admins.count(), 1, "{}", members.text);
}

#[tokio::test]
async fn an_address_without_an_account_is_refused_by_field() {
    let nest = Nest::start().await;
    let admin = nest.person("admin").await;
    let path = format!("/api/organizations/{}/invite_member/", admin.organization);
    for body in [
        json!({"email": "nobody@example.org"}),
        json!({"email": "bad"}),
        json!({}),
        json!({"email": admin.email, "role": "owner"}),
    ] {
        failure(
            nest.post(&admin.token, &path, body).await,
            400,
            "VALIDATION_ERROR",
        );
    }
}
