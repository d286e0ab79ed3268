//! Organizations: `acme` of the fixture, which `octocat` owns and `dev` is in.

use reqwest::Method;
use serde_json::json;

use super::{ADMIN, DEV, Keyway, VIEWER, problem};
use crate::answer::Answer;

impl Keyway {
    async fn put(&self, token: &str, body: serde_json::Value) -> Answer {
        self.send(Method::PUT, Some(token), "/orgs/acme", Some(body))
            .await
    }
}

#[tokio::test]
async fn an_organization_shows_itself_to_its_members() {
    let keyway = Keyway::with_vault().await;
    keyway
        .post("/vaults", json!({"repoFullName": "acme/api"}))
        .await
        .expect(201);
    let all = keyway.get("/orgs").await.expect(200);
    assert_eq!(all.list_at("/data").len(), 1);
    let one = keyway.get("/orgs/ACME").await.expect(200);
    assert_eq!(one["data"], all["data"][0]);
    let acme = &one["data"];
    let told = [&acme["login"], &acme["displayName"], &acme["role"], &acme["plan"]];
    assert_eq!(told, ["acme", "acme", "owner", "free"]);
    assert_eq!(
        (&acme["memberCount"], &acme["vaultCount"]),
        (&json!(2), &json!(1))
    );
    for (camel, snake) in [
        ("displayName", "display_name"),
        ("avatarUrl", "avatar_url"),
        ("effectivePlan", "effective_plan"),
        ("memberCount", "member_count"),
        ("vaultCount", "vault_count"),
    ] {
        assert_eq!(acme[camel], acme[snake], "{camel}");
        assert!(!acme[camel].is_null(), "{camel}");
    }
    assert_eq!(acme["trial"]["trial_duration_days"], 14);
    assert_eq!(acme["defaultPermissions"], json!({}));
    assert!(acme["createdAt"].is_string() && acme["id"].is_string());
    assert_eq!(
        keyway.get_as(DEV, "/orgs/acme").await.expect(200)["data"]["role"],
        "member"
    );
    assert_eq!(
        keyway.get_as(VIEWER, "/orgs").await.expect(200)["data"],
        json!([])
    );
    for path in ["/orgs/acme", "/orgs/acme/members", "/orgs/acme/billing"] {
        problem(keyway.get_as(VIEWER, path).await, 404, "not-found");
    }
    let billing = keyway.get_as(DEV, "/orgs/acme/billing").await.expect(200);
    assert_eq!(
        (&billing["data"]["plan"], &billing["data"]["prices"]),
        (&json!("free"), &json!(null))
    );
    assert_eq!(billing["data"]["cancelAtPeriodEnd"], false);
}

#[tokio::test]
async fn members_are_told_with_what_they_are_and_compared_when_an_owner_asks() {
    let keyway = Keyway::start().await;
    keyway.get_as(DEV, "/users/me").await.expect(200);
    let sync = async |token: &str| keyway.post_as(token, "/orgs/acme/members/sync", json!({})).await;
    problem(sync(DEV).await, 403, "forbidden");
    let first = sync(ADMIN).await.expect(200);
    assert_eq!(
        (&first["data"]["updated"], &first["data"]["removed"]),
        (&json!(0), &json!(0))
    );
    assert!(first["data"]["message"].is_string());
    assert_eq!(sync(ADMIN).await.expect(200)["data"]["added"], 0);
    let members = keyway.get_as(DEV, "/orgs/acme/members").await.expect(200);
    let told: Vec<_> = members
        .list_at("/data")
        .iter()
        .map(|one| {
            (
                one["username"].as_str().unwrap(),
                one["orgRole"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("octocat", "owner"), ("dev", "member")]);
    for one in members.list_at("/data") {
        assert_eq!(
            (&one["onKeyway"], &one["membershipState"]),
            (&json!(true), &json!("active"))
        );
        assert_eq!(one["role"], one["orgRole"]);
        assert!(one["id"].is_string() && one["userId"].is_string() && one["joinedAt"].is_string());
    }
}

#[tokio::test]
async fn an_owner_says_what_roles_may_do_and_overrides_beat_it() {
    let keyway = Keyway::start().await;
    keyway
        .post("/vaults", json!({"repoFullName": "acme/api"}))
        .await
        .expect(201);
    let push = async |environment: &str| {
        let body = json!({"repoFullName": "acme/api", "environment": environment, "secrets": {"A": "1"}});
        keyway.post_as(DEV, "/secrets/push", body).await.status
    };
    assert_eq!((push("local").await, push("production").await), (200, 403));
    let strict = json!({"development": {"write": "admin"}, "protected": {"write": "write"}});
    problem(
        keyway.put(DEV, json!({"defaultPermissions": strict})).await,
        403,
        "forbidden",
    );
    let changed = keyway
        .put(
            ADMIN,
            json!({"displayName": "Acme, Inc.", "defaultPermissions": strict}),
        )
        .await
        .expect(200);
    assert_eq!(changed["data"]["displayName"], "Acme, Inc.");
    let kept = json!({
        "development": {"read": "read", "write": "admin"},
        "protected": {"read": "read", "write": "write"},
    });
    assert_eq!(changed["data"]["defaultPermissions"], kept);
    assert_eq!((push("local").await, push("production").await), (403, 200));
    let defaults = keyway
        .get("/vaults/acme/api/permissions/overrides")
        .await
        .expect(200);
    let of_writers = &defaults["data"]["defaults"]["write"];
    assert_eq!(of_writers["protected"], json!({"read": true, "write": true}));
    assert_eq!(of_writers["development"], json!({"read": true, "write": false}));
    let exception = json!({
        "environment": "local", "targetType": "role", "targetRole": "write", "canRead": true, "canWrite": true,
    });
    keyway
        .post("/vaults/acme/api/permissions/overrides", exception)
        .await
        .expect(200);
    assert_eq!(
        push("local").await,
        200,
        "an override beats what the organization says"
    );

    let reset = keyway
        .put(ADMIN, json!({"displayName": null, "defaultPermissions": {}}))
        .await
        .expect(200);
    assert_eq!(reset["data"]["defaultPermissions"], json!({}));
    assert_eq!(push("production").await, 403, "as it was");
    assert_eq!(
        keyway.get("/orgs/acme").await.expect(200)["data"]["displayName"],
        "acme"
    );
}

#[tokio::test]
async fn what_an_owner_says_badly_changes_nothing() {
    let keyway = Keyway::start().await;
    keyway
        .put(ADMIN, json!({"displayName": "Acme, Inc."}))
        .await
        .expect(200);
    for wrong in [
        json!({"defaultPermissions": "x"}),
        json!({"defaultPermissions": null}),
        json!({"defaultPermissions": {"production": {}}}),
        json!({"defaultPermissions": {"protected": {"write": "owner"}}}),
        json!({"defaultPermissions": {"protected": {"delete": "admin"}}}),
        json!({"displayName": "x".repeat(101)}),
        json!({"displayName": 7}),
    ] {
        problem(keyway.put(ADMIN, wrong).await, 400, "bad-request");
    }
    let after = keyway.get("/orgs/acme").await.expect(200);
    assert_eq!(after["data"]["displayName"], "Acme, Inc.");
    keyway.put(ADMIN, json!({"displayName": null})).await.expect(200);
}
