use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN, DEV, Keyway, REPO, STRANGER, VIEWER, problem};

#[tokio::test]
async fn case_08_an_empty_list_is_a_page() {
    let keyway = Keyway::start().await;
    let page = keyway.get("/vaults").await.expect(200);
    assert_eq!(page["data"], json!([]));
    let pagination = json!({"total": 0, "limit": 25, "offset": 0, "hasMore": false});
    assert_eq!(page["meta"]["pagination"], pagination);
    let id = page.text_at("/meta/requestId");
    assert_eq!((id.len(), id.as_str()), (36, page.header("x-request-id")));
    let request = keyway
        .0
        .http
        .get(format!("{}/vaults", keyway.0.base))
        .bearer_auth(ADMIN);
    let own = crate::answer::Answer::of(request.header("x-request-id", "mine-7")).await;
    assert_eq!(
        (
            own.text_at("/meta/requestId").as_str(),
            own.header("x-request-id")
        ),
        ("mine-7", "mine-7")
    );
}

#[tokio::test]
async fn case_09_a_vault_that_is_not_there_is_a_problem_in_full() {
    let keyway = Keyway::start().await;
    let missing = problem(keyway.get(REPO).await, 404, "not-found");
    assert_eq!(
        (&missing["title"], &missing["instance"]),
        (&json!("Not Found"), &json!("/v1/vaults/owner/repo"))
    );
}

#[tokio::test]
async fn case_10_a_vault_is_made_once_by_who_administers_its_repository() {
    let keyway = Keyway::start().await;
    let made = keyway
        .post("/vaults", json!({"repoFullName": "owner/repo"}))
        .await
        .expect(201);
    assert_eq!(made["data"]["repoFullName"], "owner/repo");
    assert!(made["data"]["vaultId"].is_string() && made["data"]["message"].is_string());
    problem(
        keyway
            .post("/vaults", json!({"repoFullName": "Owner/REPO"}))
            .await,
        409,
        "conflict",
    );
    problem(keyway.post("/vaults", json!({})).await, 400, "bad-request");
    let bad = problem(
        keyway.post("/vaults", json!({"repoFullName": "bad"})).await,
        400,
        "bad-request",
    );
    assert_eq!(bad["errors"][0]["field"], "repoFullName");
    problem(
        keyway
            .post("/vaults", json!({"repoFullName": "owner/none"}))
            .await,
        404,
        "not-found",
    );
    problem(
        keyway
            .post_as(DEV, "/vaults", json!({"repoFullName": "acme/api"}))
            .await,
        403,
        "forbidden",
    );
}

#[tokio::test]
async fn case_11_a_vault_is_shown() {
    let keyway = Keyway::with_vault().await;
    let vault = keyway.get(REPO).await.expect(200);
    assert_eq!(
        (&vault["data"]["permission"], &vault["data"]["secretCount"]),
        (&json!("admin"), &json!(0))
    );
    let environments = json!(["local", "development", "staging", "production"]);
    assert_eq!(vault["data"]["environments"], environments);
    assert_eq!(vault["data"]["environmentDetails"][3]["type"], "protected");
    assert!(vault.text_at("/data/createdAt").ends_with('Z'));
    assert_eq!(
        keyway.get_as(VIEWER, REPO).await.expect(200)["data"]["permission"],
        "read"
    );
    let head = keyway
        .send(Method::HEAD, Some(ADMIN), REPO, None)
        .await
        .expect(200);
    assert_eq!(head.text, "");
}

#[tokio::test]
async fn case_12_pages_are_bounded() {
    let keyway = Keyway::with_vault().await;
    let page = keyway.get("/vaults?limit=50&offset=100").await.expect(200);
    assert_eq!(
        (page["data"].clone(), page["meta"]["pagination"]["total"].clone()),
        (json!([]), json!(1))
    );
    assert_eq!(
        keyway.get("/vaults").await["data"][0]["repoFullName"],
        "owner/repo"
    );
    for query in ["limit=0", "limit=101"] {
        problem(keyway.get(&format!("/vaults?{query}")).await, 400, "bad-request");
    }
}

#[tokio::test]
async fn case_13_without_a_role_the_vault_is_hidden_and_its_insides_forbidden() {
    let keyway = Keyway::with_vault().await;
    problem(keyway.get_as(STRANGER, REPO).await, 404, "not-found");
    problem(
        keyway.get_as(STRANGER, &format!("{REPO}/secrets")).await,
        403,
        "forbidden",
    );
    problem(
        keyway.send(Method::GET, None, REPO, None).await,
        401,
        "unauthorized",
    );
    problem(keyway.pull_as(STRANGER, "local").await, 403, "forbidden");
    problem(
        keyway.push_as(STRANGER, "local", json!({})).await,
        403,
        "forbidden",
    );
    assert_eq!(
        keyway.get_as(STRANGER, "/vaults").await.expect(200)["data"],
        json!([])
    );
}

#[tokio::test]
async fn case_39_a_vault_is_deleted_by_who_administers_its_repository() {
    let keyway = Keyway::with_vault().await;
    keyway.push("local", json!({"A": "1"})).await.expect(200);
    problem(
        keyway.send(Method::DELETE, Some(DEV), REPO, None).await,
        403,
        "forbidden",
    );
    assert_eq!(keyway.delete(REPO).await.expect(204).text, "");
    problem(keyway.get(REPO).await, 404, "not-found");
    problem(keyway.pull_as(ADMIN, "local").await, 404, "not-found");
}

#[tokio::test]
async fn collaborators_are_shown_to_who_administers() {
    let keyway = Keyway::with_vault().await;
    let path = format!("{REPO}/collaborators");
    let found = keyway.get(&path).await.expect(200);
    let of = |login: &str| -> Value {
        let all = found.list_at("/data/collaborators");
        all.iter().find(|one| one["login"] == login).unwrap()["keywayPermissions"].clone()
    };
    assert_eq!(
        of("dev"),
        json!({"canRead": true, "canWrite": true, "canManage": false})
    );
    assert_eq!(
        of("viewer"),
        json!({"canRead": true, "canWrite": false, "canManage": false})
    );
    problem(keyway.get_as(DEV, &path).await, 403, "forbidden");
}

#[tokio::test]
async fn the_app_and_the_forges_numbers_are_told() {
    let keyway = Keyway::start().await;
    let check = |owner: &str, name: &str| json!({"repoOwner": owner, "repoName": name});
    let path = "/github/check-installation";
    let installed = keyway.post(path, check("owner", "repo")).await.expect(200);
    assert_eq!(installed["data"]["installed"], true);
    assert!(installed["data"]["installationId"].is_u64() && installed["data"]["installUrl"].is_string());
    let missing = keyway.post(path, check("octocat", "first")).await.expect(200);
    assert_eq!(
        (&missing["data"]["installed"], &missing["data"]["installationId"]),
        (&json!(false), &Value::Null)
    );
    problem(
        keyway.post(path, json!({"repoOwner": "owner"})).await,
        400,
        "bad-request",
    );
    let ids = keyway
        .send(Method::GET, None, "/github/repo-ids?repo=owner/repo", None)
        .await
        .expect(200);
    assert_eq!(ids["data"], json!({"ownerId": 11, "repoId": 1001}));
    for hidden in ["octocat/first", "no/such"] {
        let path = format!("/github/repo-ids?repo={hidden}");
        let ids = keyway.send(Method::GET, None, &path, None).await.expect(200);
        assert_eq!(ids["data"], json!({"ownerId": null, "repoId": null}), "{hidden}");
    }
    problem(
        keyway
            .send(Method::GET, None, "/github/repo-ids?repo=bad", None)
            .await,
        400,
        "bad-request",
    );
}
