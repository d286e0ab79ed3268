use serde_json::json;

use super::{ADMIN, DEV, Keyway, REPO, VIEWER, problem};

async fn filled() -> Keyway {
    let keyway = Keyway::with_vault().await;
    let secrets = r#"{"DATABASE_URL":"postgres://u:p@h/db","API_KEY":"sk_test_x","SECRET_TOKEN":"abc123"}"#;
    // As text, so that the order is the sender's.
    let body = format!(r#"{{"repoFullName":"owner/repo","environment":"local","secrets":{secrets}}}"#);
    let request = keyway.0.http.post(format!("{}/secrets/push", keyway.0.base));
    let pushed = crate::answer::Answer::of(request.bearer_auth(ADMIN).body(body))
        .await
        .expect(200);
    assert_eq!(
        pushed["data"]["stats"],
        json!({"created": 3, "updated": 0, "deleted": 0})
    );
    assert_eq!(pushed["data"]["success"], true);
    assert!(pushed["data"]["message"].is_string());
    keyway
}

#[tokio::test]
async fn case_14_a_push_makes_secrets() {
    let keyway = filled().await;
    assert_eq!(keyway.get(REPO).await.expect(200)["data"]["secretCount"], 3);
}

#[tokio::test]
async fn case_15_a_pull_has_them_in_the_order_of_the_push() {
    let keyway = filled().await;
    let expected = "DATABASE_URL=postgres://u:p@h/db\nAPI_KEY=sk_test_x\nSECRET_TOKEN=abc123";
    assert_eq!(keyway.content("local").await, expected);
    let part = keyway
        .get("/secrets/pull?repo=owner/repo&environment=local&limit=1&offset=1")
        .await
        .expect(200);
    assert_eq!(part["data"]["content"], "API_KEY=sk_test_x");
}

#[tokio::test]
async fn case_16_a_push_replaces_the_environment() {
    let keyway = filled().await;
    let secrets = json!({"DATABASE_URL": "new", "API_KEY": "sk_test_x", "EXTRA": "a b"});
    let pushed = keyway.push("local", secrets).await.expect(200);
    assert_eq!(
        pushed["data"]["stats"],
        json!({"created": 1, "updated": 2, "deleted": 1})
    );
    let content = keyway.content("local").await;
    assert!(
        content.contains("EXTRA=\"a b\"") && !content.contains("SECRET_TOKEN"),
        "{content}"
    );
}

#[tokio::test]
async fn case_17_what_a_push_leaves_out_is_in_the_trash() {
    let keyway = filled().await;
    let (with, without) = (
        json!({"API_KEY": "k", "SECRET_TOKEN": "abc123"}),
        json!({"API_KEY": "k"}),
    );
    keyway.push("local", without.clone()).await.expect(200);
    let trash = keyway.get(&format!("{REPO}/trash")).await.expect(200);
    assert_eq!(trash["meta"]["pagination"]["total"], 2);
    let found = trash
        .list_at("/data")
        .iter()
        .find(|one| one["key"] == "SECRET_TOKEN")
        .unwrap()
        .clone();
    assert_eq!(
        (&found["environment"], &found["daysRemaining"]),
        (&json!("local"), &json!(30))
    );
    let one = format!("{REPO}/trash/{}", found["id"].as_str().unwrap());
    let restored = keyway
        .post(&format!("{one}/restore"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&restored["data"]["id"], &restored["data"]["key"]),
        (&found["id"], &json!("SECRET_TOKEN"))
    );
    assert!(keyway.content("local").await.contains("SECRET_TOKEN=abc123"));
    keyway.push("local", without).await.expect(200);
    keyway.push("local", with).await.expect(200);
    problem(
        keyway.post(&format!("{one}/restore"), json!({})).await,
        409,
        "conflict",
    );
    keyway.delete(&one).await.expect(204);
    problem(keyway.delete(&one).await, 404, "not-found");
    let emptied = keyway.delete(&format!("{REPO}/trash")).await.expect(200);
    assert_eq!(emptied["data"]["deleted"], 1);
    assert_eq!(
        keyway.delete(&format!("{REPO}/trash")).await.expect(200)["data"]["deleted"],
        0
    );
}

#[tokio::test]
async fn case_18_what_is_not_there_is_said() {
    let keyway = filled().await;
    let unknown = problem(keyway.push("nosuch", json!({"A": "1"})).await, 400, "bad-request");
    assert!(
        unknown.text_at("/detail").contains("production"),
        "the ones there are"
    );
    problem(keyway.pull_as(ADMIN, "staging").await, 404, "not-found");
    problem(keyway.pull_as(ADMIN, "nosuch").await, 404, "not-found");
    let elsewhere = json!({"repoFullName": "acme/api", "environment": "local", "secrets": {"A": "1"}});
    problem(keyway.post("/secrets/push", elsewhere).await, 404, "not-found");
    problem(keyway.get("/secrets/pull").await, 400, "bad-request");
    for body in [
        json!({"repoFullName": "owner/repo"}),
        json!({"repoFullName": "owner/repo", "secrets": []}),
        json!({"repoFullName": "owner/repo", "environment": "local", "secrets": {"A": 1}}),
        json!({"repoFullName": "owner/repo", "environment": "local", "secrets": {"1A": "x"}}),
        json!({"repoFullName": "owner/repo", "environment": "local", "secrets": {"A": "x".repeat(65_537)}}),
        json!({"secrets": {}}),
    ] {
        problem(keyway.post("/secrets/push", body).await, 400, "bad-request");
    }
}

#[tokio::test]
async fn case_19_roles_decide_and_production_is_protected() {
    let keyway = filled().await;
    keyway.pull_as(VIEWER, "local").await.expect(200);
    problem(
        keyway.push_as(VIEWER, "local", json!({"A": "1"})).await,
        403,
        "forbidden",
    );
    keyway.push_as(DEV, "local", json!({"A": "1"})).await.expect(200);
    problem(
        keyway.push_as(DEV, "production", json!({"A": "1"})).await,
        403,
        "forbidden",
    );
    keyway.push("production", json!({"A": "1"})).await.expect(200);
    keyway.pull_as(VIEWER, "production").await.expect(200);
}

#[tokio::test]
async fn case_20_a_key_is_cut_down_to_its_scopes_and_ends_at_once() {
    let keyway = filled().await;
    keyway.push("production", json!({"A": "1"})).await.expect(200);
    let (id, token) = keyway.key(&["read:secrets"]).await;
    let pulled = keyway.pull_as(&token, "production").await.expect(200);
    assert_eq!(pulled["data"]["content"], "A=1");
    problem(
        keyway.push_as(&token, "production", json!({"A": "2"})).await,
        403,
        "forbidden",
    );
    keyway.delete(&format!("/api-keys/{id}")).await.expect(204);
    problem(keyway.pull_as(&token, "production").await, 401, "unauthorized");
}

#[tokio::test]
async fn case_21_values_come_back_through_the_clients_parser() {
    let keyway = filled().await;
    let values = [("A", "it is"), ("B", "say \"hi\""), ("C", ""), ("D", "a=b#c")];
    let mut secrets: serde_json::Map<_, _> =
        values.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
    secrets.insert("E".to_owned(), json!("x\ny"));
    keyway.push("local", secrets.into()).await.expect(200);
    let content = keyway.content("local").await;
    let lines: Vec<&str> = content.lines().collect();
    assert_eq!(lines.len(), 5, "one line each: {content}");
    for (key, value) in values {
        let line = lines
            .iter()
            .find(|line| line.starts_with(&format!("{key}=")))
            .unwrap();
        let text = &line[2..];
        let strip = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        assert_eq!(
            strip('"').or_else(|| strip('\'')).unwrap_or(text),
            value,
            "{line}"
        );
    }
}

/// The native door and this one hold the same secret, with the same version and the same refusal.
#[tokio::test]
async fn what_one_door_writes_the_other_reads() {
    let keyway = Keyway::start().await;
    let (native, server) = (
        keyway.0.token.clone(),
        keyway.0.base.strip_suffix("/keyway/v1").unwrap().to_owned(),
    );
    let body = json!({"repoFullName": "default/default", "secrets": {"SHARED": "one"}});
    keyway.post_as(&native, "/secrets/push", body).await.expect(200);
    let path = format!(
        "{server}/coffer/v1/organizations/default/vaults/default/environments/default/secrets/SHARED"
    );
    let read = keyway.get_as(&native, &path).await.expect(200);
    assert_eq!(
        (&read["value"], &read["version"]),
        (&json!("one"), &json!(1)),
        "{}",
        read.text
    );
    let put = keyway
        .send(
            reqwest::Method::PUT,
            Some(&native),
            &path,
            Some(json!({"value": "two"})),
        )
        .await;
    assert!(put.status < 300, "{}", put.text);
    let pulled = keyway
        .get_as(&native, "/secrets/pull?repo=default/default")
        .await
        .expect(200);
    assert!(pulled.text_at("/data/content").contains("SHARED=two"));
    let listed = keyway
        .get_as(&native, "/vaults/default/default/secrets")
        .await
        .expect(200);
    let id = listed
        .list_at("/data")
        .iter()
        .find(|one| one["key"] == "SHARED")
        .unwrap()["id"]
        .clone();
    let versions = format!(
        "/vaults/default/default/secrets/{}/versions",
        id.as_str().unwrap()
    );
    assert_eq!(
        keyway.get_as(&native, &versions).await.expect(200)["data"][0]["versionNumber"],
        1
    );
    problem(keyway.pull_as(&native, "local").await, 404, "not-found");
    keyway.get_as(ADMIN, &path).await.expect(401);
}
