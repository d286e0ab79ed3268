//! Case 37: copies to a provider and from it.

use serde_json::json;

use super::{World, vercel::world};
use crate::keyway::problem;

/// A vault and a project that differ in every way, connected.
async fn differing() -> (World, String) {
    let world = world(&[
        ("SAME", "1", &["preview"], "encrypted"),
        ("SHARED", "old", &["production", "preview"], "encrypted"),
        ("ALONE", "old", &["preview"], "plain"),
        ("HIDDEN", "old", &["preview"], "sensitive"),
        ("GONE", "x", &["preview"], "encrypted"),
        ("GONE_HERE", "x", &["production", "preview"], "encrypted"),
    ])
    .await;
    world.keyway.push("staging", json!({"SAME": "1", "SHARED": "new", "ALONE": "new", "HIDDEN": "new", "FRESH": "a=b", "VERCEL_OWN": "x"})).await.expect(200);
    let id = world.connect("vercel").await;
    (world, id)
}

const BOTH: &str = "keywayEnvironment=staging&providerEnvironment=preview&direction=push";

#[tokio::test]
async fn case_37_a_push_does_what_its_preview_says() {
    let (world, id) = differing().await;
    let preview = world.preview(&id, "prj_1", BOTH).await;
    assert_eq!(
        preview,
        json!({"toCreate": ["FRESH"], "toUpdate": ["ALONE", "HIDDEN", "SHARED"], "toDelete": [], "toSkip": ["SAME"]})
    );
    let preview = world
        .preview(&id, "prj_1", &format!("{BOTH}&allowDelete=true"))
        .await;
    assert_eq!(preview["toDelete"], json!(["GONE", "GONE_HERE"]));
    let body = json!({
        "connectionId": id, "projectId": "prj_1", "keywayEnvironment": "staging", "providerEnvironment": "preview",
        "direction": "push", "allowDelete": true,
    });
    let done = world.sync(body).await.expect(200);
    assert_eq!(
        done["data"],
        json!({
            "status": "success", "success": true, "created": 1, "updated": 3, "deleted": 2, "skipped": 1,
            "stats": {"created": 1, "updated": 3, "deleted": 2, "skipped": 1, "total": 7},
        })
    );
    let preview = world
        .preview(&id, "prj_1", &format!("{BOTH}&allowDelete=true"))
        .await;
    assert_eq!(
        preview,
        json!({"toCreate": [], "toUpdate": ["HIDDEN"], "toDelete": [], "toSkip": ["ALONE", "FRESH", "SAME", "SHARED"]}),
        "all is done but for a value that is never shown"
    );
    let production = "keywayEnvironment=staging&providerEnvironment=production&direction=pull";
    let other = world.preview(&id, "prj_1", production).await;
    assert_eq!(
        other["toCreate"],
        json!(["GONE_HERE"]),
        "the other environment kept its own"
    );
    assert_eq!(other["toSkip"], json!(["SHARED"]));
    world.stub.asked();
}

#[tokio::test]
async fn case_37_every_name_is_on_one_list_of_a_difference() {
    let (world, id) = differing().await;
    let diff = format!("/integrations/vaults/owner/repo/sync/diff?connectionId={id}&projectId=prj_1&{BOTH}");
    let diff = world.keyway.get(&diff).await.expect(200);
    assert_eq!(
        diff["data"],
        json!({
            "keywayCount": 5, "providerCount": 6, "onlyInKeyway": ["FRESH"], "onlyInProvider": ["GONE", "GONE_HERE"],
            "different": ["ALONE", "HIDDEN", "SHARED"], "same": ["SAME"],
        })
    );
}

#[tokio::test]
async fn case_37_a_copy_links_the_two_environments() {
    let (world, id) = differing().await;
    let mut body = json!({
        "connectionId": id, "projectId": "prj_1", "keywayEnvironment": "staging", "providerEnvironment": "preview",
    });
    world.sync(body.clone()).await.expect(200);
    body["direction"] = json!("x");
    problem(world.sync(body).await, 400, "bad-request");
    world.stub.asked();
    let vault = world.keyway.get("/vaults/owner/repo").await.expect(200);
    let sync = &vault["data"]["syncs"][0];
    assert_eq!(
        (
            &sync["projectName"],
            &sync["providerEnvironment"],
            &sync["connectionId"]
        ),
        (&json!("web"), &json!("preview"), &json!(id))
    );
    assert!(sync["lastSyncedAt"].is_string());
    let path = format!(
        "/integrations/vaults/owner/repo/sync/status?connectionId={id}&projectId=prj_1&environment=staging"
    );
    assert_eq!(
        world.keyway.get(&path).await.expect(200)["data"]["isFirstSync"],
        false
    );
}

#[tokio::test]
async fn case_37_a_pull_imports_what_is_missing_and_nothing_else() {
    let world = world(&[
        ("MINE", "theirs", &["preview"], "encrypted"),
        ("NEW", "value", &["preview"], "encrypted"),
        ("HIDDEN", "x", &["preview"], "sensitive"),
        ("not a name", "x", &["preview"], "plain"),
    ])
    .await;
    world
        .keyway
        .push("staging", json!({"MINE": "mine", "OTHER": "mine"}))
        .await
        .expect(200);
    let id = world.connect("vercel").await;
    let mut body = json!({
        "connectionId": id, "projectId": "prj_1", "keywayEnvironment": "staging", "providerEnvironment": "preview",
        "direction": "pull", "allowDelete": true,
    });
    let more = "keywayEnvironment=staging&providerEnvironment=preview&direction=pull&allowDelete=true";
    let preview = world.preview(&id, "prj_1", more).await;
    assert_eq!(
        preview,
        json!({"toCreate": ["NEW"], "toUpdate": [], "toDelete": [], "toSkip": ["HIDDEN", "MINE", "not a name"]})
    );
    let done = world.sync(body.clone()).await.expect(200);
    assert_eq!(
        done["data"]["stats"],
        json!({"created": 1, "updated": 0, "deleted": 0, "skipped": 3, "total": 4})
    );
    assert_eq!(
        world.keyway.content("staging").await,
        "MINE=mine\nOTHER=mine\nNEW=value"
    );
    body["keywayEnvironment"] = json!("nosuch");
    problem(world.sync(body).await, 400, "bad-request");
    assert!(
        world
            .stub
            .asked()
            .iter()
            .all(|line| line.starts_with("GET") || line.ends_with("access_token"))
    );
}
