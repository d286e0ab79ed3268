//! Cases 34 to 36 and 38: connections, and what they reach.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    World, of_query,
    stub::Stub,
    vercel::{TOKEN, Vercel, world},
};
use crate::keyway::{ADMIN, DEV, problem};

#[tokio::test]
async fn case_34_a_consent_in_a_browser_makes_a_connection() {
    let world = world(&[]).await;
    let header = world
        .browse(
            &format!("{}/integrations/vercel/authorize", world.keyway.0.base),
            None,
        )
        .await;
    problem(header, 401, "unauthorized");
    let (url, cookie) = world.begin("vercel").await;
    assert_eq!(
        url.as_str().split('?').next().unwrap(),
        format!("{}/integrations/coffer/new", world.stub.base)
    );
    let state = of_query(&url, "state");
    problem(
        world.keyway.get("/integrations/nosuch/authorize").await,
        404,
        "not-found",
    );
    world
        .come_back("vercel", &state, "good-code", None)
        .await
        .expect(400);
    world
        .come_back("vercel", &state, "good-code", Some("keyway_began=00"))
        .await
        .expect(400);
    world
        .come_back("netlify", &state, "good-code", Some(&cookie))
        .await
        .expect(400);
    world
        .come_back("vercel", "nonsense", "good-code", Some(&cookie))
        .await
        .expect(400);
    assert!(
        world.stub.asked().is_empty(),
        "nothing is exchanged for another's state"
    );
    world
        .come_back("vercel", &state, "bad-code", Some(&cookie))
        .await
        .expect(400);
    assert!(world.connections().await.is_empty());
}

#[tokio::test]
async fn case_34_a_connection_is_shown_without_its_token_and_made_anew_it_keeps_its_id() {
    let world = world(&[]).await;
    let (url, cookie) = world.begin("vercel").await;
    let state = of_query(&url, "state");
    world
        .come_back("vercel", &state, "good-code", Some(&cookie))
        .await
        .expect(200);
    assert!(world.stub.asked().contains(&"GET /v2/teams/team_1".to_owned()));
    let first = world.connections().await;
    let [one] = first.as_slice() else {
        panic!("{first:?}")
    };
    assert_eq!(
        (&one["provider"], &one["providerAccountId"]),
        (&json!("vercel"), &json!("team_1"))
    );
    assert_eq!(
        (&one["providerUserId"], &one["providerTeamId"]),
        (&json!("user_1"), &json!("team_1"))
    );
    assert!(
        one["createdAt"].as_str().unwrap().len() == 24,
        "milliseconds: {one}"
    );
    assert!(!one.to_string().contains(TOKEN));
    world.connect("vercel").await;
    let again = world.connections().await;
    let [other] = again.as_slice() else {
        panic!("{again:?}")
    };
    assert_eq!(other["id"], one["id"], "made anew, it keeps its id");
    assert!(other["createdAt"].as_str() > one["createdAt"].as_str());
    let stranger = world
        .keyway
        .get_as(DEV, "/integrations/connections")
        .await
        .expect(200);
    assert_eq!(stranger["data"], json!({"connections": []}));
}

/// What is no browser has no cookie to show.
#[tokio::test]
async fn case_34_a_script_comes_back_with_the_state_alone() {
    let world = world(&[]).await;
    let (url, _) = world.begin("vercel").await;
    let path = format!(
        "/integrations/vercel/callback?code=good-code&state={}",
        of_query(&url, "state")
    );
    let end = world
        .keyway
        .send(Method::GET, None, &path, None)
        .await
        .expect(200);
    assert!(end.header("content-type").starts_with("text/html"));
    assert_eq!(world.connections().await.len(), 1);
    let refused = "/integrations/vercel/callback?error=access_denied&state=x";
    world
        .keyway
        .send(Method::GET, None, refused, None)
        .await
        .expect(400);
}

#[tokio::test]
async fn case_34_a_browser_is_sent_back_to_an_origin_that_is_allowed() {
    let mut vercel = Vercel::default();
    let stub = Stub::start(move |heard| vercel.play(heard)).await;
    let world = World::with(stub, &["--keyway-return-origin", "https://app.example"]).await;
    let begin = |back: &str| {
        format!(
            "{}/integrations/vercel/authorize?token={ADMIN}&redirect_uri={back}",
            world.keyway.0.base
        )
    };
    for foreign in [
        "https://evil.example/x",
        "https://app.example.evil/x",
        "javascript:alert(1)",
        "//app.example/x",
    ] {
        problem(world.browse(&begin(foreign), None).await, 403, "forbidden");
    }
    let sent = world
        .browse(&begin("https://app.example/done"), None)
        .await
        .expect(302);
    let cookie = sent.header("set-cookie").split(';').next().unwrap().to_owned();
    let state = of_query(&sent.header("location").parse().unwrap(), "state");
    let end = world
        .come_back("vercel", &state, "good-code", Some(&cookie))
        .await
        .expect(302);
    assert_eq!(end.header("location"), "https://app.example/done");
}

#[tokio::test]
async fn case_35_projects_are_listed_by_connection_and_by_provider() {
    let world = world(&[]).await;
    let none = world
        .keyway
        .get("/integrations/providers/vercel/all-projects")
        .await
        .expect(200);
    assert_eq!(none["data"], json!({"projects": [], "connections": []}));
    problem(
        world
            .keyway
            .get("/integrations/providers/nosuch/all-projects")
            .await,
        404,
        "not-found",
    );
    let id = world.connect("vercel").await;
    let listed = world
        .keyway
        .get(&format!("/integrations/connections/{id}/projects"))
        .await
        .expect(200);
    assert_eq!(
        listed["data"]["projects"],
        json!([
            {"id": "prj_1", "name": "web", "linkedRepo": "owner/repo", "framework": "nextjs", "createdAt": "2023-11-14T22:13:20.000Z"},
            {"id": "prj_2", "name": "docs", "linkedRepo": null, "framework": null},
        ])
    );
    let all = world
        .keyway
        .get("/integrations/providers/vercel/all-projects")
        .await
        .expect(200);
    assert_eq!(all["data"]["connections"][0]["id"], json!(id));
    let first = &all["data"]["projects"][0];
    assert_eq!(
        (&first["connectionId"], &first["teamId"], &first["teamName"]),
        (&json!(id), &json!("team_1"), &json!("Acme"))
    );
    for other in ["00000000-0000-4000-8000-000000000000", "nonsense"] {
        problem(
            world
                .keyway
                .get(&format!("/integrations/connections/{other}/projects"))
                .await,
            404,
            "not-found",
        );
    }
    let path = format!("/integrations/connections/{id}/projects");
    problem(world.keyway.get_as(DEV, &path).await, 404, "not-found");
}

#[tokio::test]
async fn case_36_a_vault_and_a_project_know_how_they_stand() {
    let world = world(&[
        ("A", "1", &["production", "preview"], "encrypted"),
        ("B", "2", &["preview"], "encrypted"),
        ("VERCEL_URL", "x", &["production"], "system"),
    ])
    .await;
    let id = world.connect("vercel").await;
    let path = "/integrations/vaults/owner/repo/sync/status";
    let status = world
        .keyway
        .get(&format!("{path}?connectionId={id}&projectId=prj_1"))
        .await
        .expect(200);
    assert_eq!(
        status["data"],
        json!({"isFirstSync": true, "vaultIsEmpty": true, "providerHasSecrets": true, "providerSecretCount": 1})
    );
    for query in [
        "projectId=prj_1",
        "connectionId=nonsense&projectId=prj_1",
        &format!("connectionId={id}"),
    ] {
        problem(
            world.keyway.get(&format!("{path}?{query}")).await,
            400,
            "bad-request",
        );
    }
    let other = "connectionId=00000000-0000-4000-8000-000000000000&projectId=prj_1";
    problem(
        world.keyway.get(&format!("{path}?{other}")).await,
        404,
        "not-found",
    );
    let foreign = format!("{path}?connectionId={id}&projectId=prj_1");
    problem(world.keyway.get_as(DEV, &foreign).await, 404, "not-found");
}

#[tokio::test]
async fn case_38_a_connection_ends_with_what_was_linked_by_it() {
    let world = world(&[]).await;
    let id = world.connect("vercel").await;
    let body = json!({"connectionId": id, "projectId": "prj_1", "keywayEnvironment": "local"});
    let path = "/integrations/vaults/owner/repo/sync/link";
    let made = world.keyway.post(path, body.clone()).await.expect(200);
    let link = &made["data"]["link"];
    assert_eq!(
        (&link["isNew"], &link["provider"], &link["projectName"]),
        (&json!(true), &json!("vercel"), &json!("web"))
    );
    assert_eq!(
        (
            &link["keywayEnvironment"],
            &link["providerEnvironment"],
            &link["lastSyncedAt"]
        ),
        (&json!("local"), &json!("production"), &Value::Null)
    );
    let again = world.keyway.post(path, body).await.expect(200);
    assert_eq!(
        (&again["data"]["link"]["isNew"], &again["data"]["link"]["id"]),
        (&json!(false), &link["id"])
    );
    let one = format!("/integrations/connections/{id}");
    problem(
        world.keyway.send(Method::DELETE, Some(DEV), &one, None).await,
        404,
        "not-found",
    );
    assert_eq!(world.keyway.delete(&one).await.expect(204).text, "");
    assert!(world.connections().await.is_empty());
    problem(world.keyway.delete(&one).await, 404, "not-found");
    assert_eq!(
        world.keyway.get("/vaults/owner/repo").await.expect(200)["data"]["syncs"],
        json!([])
    );
    let fresh = world.connect("vercel").await;
    assert_ne!(fresh, id, "what ended does not come back under its id");
}
