//! A provider that is out of order is told of in the door's own words, and never with its token.

use serde_json::json;

use super::{
    World,
    stub::Trouble,
    vercel::{self, TOKEN},
};
use crate::{answer::Answer, keyway::problem};

#[track_caller]
fn says_nothing(answer: &Answer) {
    assert!(!answer.text.contains(TOKEN), "{}", answer.text);
}

/// What reading answers.
async fn read(world: &World, id: &str) -> [Answer; 3] {
    let of = async |path: &str| world.keyway.get(&path.replace("ID", id)).await;
    let vault = "/integrations/vaults/owner/repo/sync";
    [
        of("/integrations/connections/ID/projects").await,
        of("/integrations/providers/vercel/all-projects").await,
        of(&format!("{vault}/status?connectionId=ID&projectId=prj_1")).await,
    ]
}

#[tokio::test]
async fn what_a_provider_fails_at_is_no_fault_of_the_server() {
    let world = vercel::world(&[]).await;
    let id = world.connect("vercel").await;
    for (trouble, status, slug) in [
        (Trouble::Status(401), 400, "bad-request"),
        (Trouble::Status(403), 400, "bad-request"),
        (Trouble::Status(404), 404, "not-found"),
        (Trouble::Status(429), 503, "service-unavailable"),
        (Trouble::Status(500), 503, "service-unavailable"),
        (Trouble::Garbage, 503, "service-unavailable"),
        (Trouble::Redirect, 503, "service-unavailable"),
        (Trouble::HangUp, 503, "service-unavailable"),
    ] {
        world.stub.trouble(Some(trouble));
        for answer in read(&world, &id).await {
            says_nothing(&answer);
            problem(answer, status, slug);
        }
        let failed = world
            .sync(json!({"connectionId": id, "projectId": "prj_1"}))
            .await
            .expect(200);
        says_nothing(&failed);
        assert_eq!(
            (&failed["data"]["status"], &failed["data"]["success"]),
            (&json!("failed"), &json!(false))
        );
        assert_eq!(
            failed["data"]["stats"],
            json!({"created": 0, "updated": 0, "deleted": 0, "skipped": 0, "total": 0})
        );
        assert!(
            failed["data"]["error"].as_str().unwrap().contains("Vercel"),
            "{}",
            failed.text
        );
    }
    world.stub.trouble(None);
    let path = format!("/integrations/vaults/owner/repo/sync/status?connectionId={id}&projectId=prj_1");
    let status = world.keyway.get(&path).await.expect(200);
    assert_eq!(status["data"]["isFirstSync"], true, "what failed is not linked");
    world.stub.asked();
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_not_waited_for_for_ever() {
    let world = vercel::world(&[]).await;
    let id = world.connect("vercel").await;
    world.stub.trouble(Some(Trouble::Silence));
    let answer = world
        .keyway
        .get(&format!("/integrations/connections/{id}/projects"))
        .await;
    problem(answer, 503, "service-unavailable");
}

#[tokio::test]
async fn a_provider_that_fails_while_one_connects_makes_no_connection() {
    let world = vercel::world(&[]).await;
    let (url, cookie) = world.begin("vercel").await;
    let state = super::of_query(&url, "state");
    for trouble in [
        Trouble::Status(401),
        Trouble::Status(500),
        Trouble::Garbage,
        Trouble::HangUp,
    ] {
        world.stub.trouble(Some(trouble));
        let end = world
            .come_back("vercel", &state, "good-code", Some(&cookie))
            .await
            .expect(400);
        assert!(end.header("content-type").starts_with("text/html"));
        says_nothing(&end);
    }
    let path = "/integrations/railway/connect";
    for (trouble, status, slug) in [
        (Trouble::Status(401), 400, "bad-request"),
        (Trouble::Status(500), 503, "service-unavailable"),
        (Trouble::Garbage, 503, "service-unavailable"),
    ] {
        world.stub.trouble(Some(trouble));
        let refused = world.keyway.post(path, json!({"token": TOKEN})).await;
        says_nothing(&refused);
        problem(refused, status, slug);
    }
    assert!(world.connections().await.is_empty());
}
