//! Who may copy what, and what is kept of it.

use serde_json::json;

use super::{
    World,
    stub::Stub,
    vercel::{self, Vercel},
};
use crate::keyway::{ADMIN, DEV, VIEWER, problem};

/// Connects somebody else, as a script.
async fn connect_as(world: &World, token: &str) -> String {
    let url = format!(
        "{}/integrations/vercel/authorize?token={token}",
        world.keyway.0.base
    );
    let sent = world.browse(&url, None).await.expect(302);
    let cookie = sent.header("set-cookie").split(';').next().unwrap().to_owned();
    let state = super::of_query(&sent.header("location").parse().unwrap(), "state");
    world
        .come_back("vercel", &state, "good-code", Some(&cookie))
        .await
        .expect(200);
    let found = world
        .keyway
        .get_as(token, "/integrations/connections")
        .await
        .expect(200);
    found.text_at("/data/connections/0/id")
}

#[tokio::test]
async fn moving_to_where_more_is_protected_takes_an_administrator() {
    let world = vercel::world(&[
        ("A", "1", &["production"], "plain"),
        ("A", "1", &["development"], "plain"),
    ])
    .await;
    world.keyway.push("local", json!({"B": "1"})).await.expect(200);
    world
        .keyway
        .push("production", json!({"P": "1"}))
        .await
        .expect(200);
    let (dev, viewer) = (connect_as(&world, DEV).await, connect_as(&world, VIEWER).await);
    let path = "/integrations/vaults/owner/repo/sync";
    let send = async |token: &str, id: &str, ours: &str, theirs: &str, direction: &str| {
        let body = json!({
            "connectionId": id, "projectId": "prj_1", "keywayEnvironment": ours, "providerEnvironment": theirs,
            "direction": direction,
        });
        let query = format!(
            "connectionId={id}&projectId=prj_1&keywayEnvironment={ours}&providerEnvironment={theirs}&direction={direction}"
        );
        let preview = world
            .keyway
            .get_as(token, &format!("{path}/preview?{query}"))
            .await;
        let sync = world.keyway.post_as(token, path, body).await;
        assert_eq!(preview.status, sync.status, "{}: {}", preview.text, sync.text);
        sync
    };
    send(VIEWER, &viewer, "local", "development", "push")
        .await
        .expect(200);
    send(DEV, &dev, "production", "production", "push")
        .await
        .expect(200);
    send(DEV, &dev, "local", "development", "pull").await.expect(200);
    for (token, id, ours, theirs, direction) in [
        (DEV, &dev, "local", "production", "push"),
        (DEV, &dev, "local", "preview", "push"),
        (DEV, &dev, "production", "development", "pull"),
        (DEV, &dev, "production", "production", "pull"),
        (VIEWER, &viewer, "local", "development", "pull"),
    ] {
        problem(send(token, id, ours, theirs, direction).await, 403, "forbidden");
    }
    let own = connect_as(&world, ADMIN).await;
    send(ADMIN, &own, "local", "production", "push").await.expect(200);
    problem(
        send(DEV, &own, "local", "development", "push").await,
        404,
        "not-found",
    );
    world.stub.asked();
}

#[tokio::test]
async fn a_key_copies_out_with_reading_and_in_with_writing() {
    let world = vercel::world(&[("A", "1", &["development"], "plain")]).await;
    let id = world.connect("vercel").await;
    let (_, reads) = world.keyway.key(&["read:secrets"]).await;
    let (_, writes) = world.keyway.key(&["write:secrets"]).await;
    let send = async |token: &str, direction: &str| {
        let body = json!({
            "connectionId": id, "projectId": "prj_1", "keywayEnvironment": "local",
            "providerEnvironment": "development", "direction": direction,
        });
        world
            .keyway
            .post_as(token, "/integrations/vaults/owner/repo/sync", body)
            .await
    };
    send(&reads, "push").await.expect(200);
    problem(send(&reads, "pull").await, 403, "forbidden");
    problem(send(&writes, "push").await, 403, "forbidden");
    send(&writes, "pull").await.expect(200);
    assert_eq!(world.keyway.content("local").await, "A=1");
}

#[tokio::test]
async fn where_plans_bite_a_third_connection_is_refused() {
    let mut vercel = Vercel::default();
    let stub = Stub::start(move |heard| match heard.line().as_str() {
        "POST /graphql/v2" => {
            let id = heard
                .header("authorization")
                .trim_start_matches("Bearer ")
                .to_owned();
            Ok((
                200,
                json!({"data": {"me": {"id": id, "name": "x", "email": null}}}),
            ))
        }
        _ => vercel.play(heard),
    })
    .await;
    let world = World::with(stub, &["--keyway-plan-limits"]).await;
    let connect = async |token: &str| {
        world
            .keyway
            .post("/integrations/railway/connect", json!({ "token": token }))
            .await
    };
    connect("one").await.expect(200);
    connect("two").await.expect(200);
    connect("two").await.expect(200);
    let refused = problem(connect("three").await, 403, "plan-limit");
    assert!(refused["upgradeUrl"].is_string());
    problem(
        world.keyway.get("/integrations/vercel/authorize").await,
        403,
        "plan-limit",
    );
    let usage = world.keyway.get("/users/me/usage").await.expect(200);
    assert_eq!(usage["data"]["usage"]["providers"], 2);
}

#[tokio::test]
async fn a_copy_is_on_record_and_no_value_or_token_is() {
    let world = vercel::world(&[]).await;
    world
        .keyway
        .push("local", json!({"A": "value-canary"}))
        .await
        .expect(200);
    let id = world.connect("vercel").await;
    let body = json!({"connectionId": id, "projectId": "prj_1", "keywayEnvironment": "local", "providerEnvironment": "development"});
    world.sync(body).await.expect(200);
    let seen = async || {
        let found = world.keyway.get("/activity?limit=100").await.expect(200);
        for canary in ["value-canary", "vercel-token-canary", super::SECRET] {
            assert!(!found.text.contains(canary), "{}", found.text);
        }
        let actions = found
            .list_at("/data")
            .iter()
            .map(|one| one["action"].as_str().unwrap().to_owned());
        actions.collect::<Vec<_>>()
    };
    // It is written down within a second.
    let limit = tokio::time::Instant::now() + std::time::Duration::from_mins(1);
    loop {
        let actions = seen().await;
        if ["integration_connected", "integration_synced"]
            .iter()
            .all(|one| actions.iter().any(|found| found == one))
        {
            break;
        }
        assert!(tokio::time::Instant::now() < limit, "{actions:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
