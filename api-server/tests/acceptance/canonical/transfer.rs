use serde_json::json;

use super::{Canonical, fails};

const DB: &str = "openbao+kv2://secret/app/db";

#[tokio::test]
async fn case_43_a_key_is_copied_across_providers_and_moved_within_a_path() {
    let door = Canonical::start().await;
    let body = json!({"fromUri": "yaml://secret/crud#DB_PASS", "toUri": format!("{DB}#password")});
    let copied = door.post("/copy", body).await.expect(200);
    assert_eq!(copied["version"], 1);
    let body = json!({"fromUri": format!("{DB}#password"), "toUri": format!("{DB}#pw")});
    door.post("/move", body).await.expect(200);
    assert_eq!(door.value(DB).await.expect(200).json, json!({"pw": "s3cr3t"}));
    let old = door
        .value(&format!("{DB}%23password&version=1"))
        .await
        .expect(200);
    assert_eq!(
        old.json,
        json!({"value": "s3cr3t"}),
        "the version before keeps it"
    );
}

#[tokio::test]
async fn maps_and_keys_go_where_they_fit() {
    let door = Canonical::start().await;
    let send = |path: &'static str, from: &str, to: &str| {
        let body = json!({"fromUri": from, "toUri": to});
        let door = &door;
        async move { door.post(path, body).await }
    };
    send("/copy", "yaml://secret/crud", DB).await.expect(200);
    assert_eq!(door.value(DB).await.expect(200)["DB_USER"], "app");
    fails(
        send("/copy", "yaml://secret/env", DB).await,
        409,
        "DESTINATION_EXISTS",
    );
    send("/copy", "yaml://secret/env", &format!("{DB}#env"))
        .await
        .expect(200);
    assert_eq!(
        door.value(&format!("{DB}%23env")).await.expect(200)["value"]["FROM"],
        "from-value"
    );
    send("/copy", &format!("{DB}#env"), "openbao+kv2://secret/again")
        .await
        .expect(200);
    fails(
        send("/copy", &format!("{DB}#DB_USER"), "openbao+kv2://secret/x").await,
        400,
        "INVALID_PAYLOAD",
    );
    fails(send("/copy", DB, DB).await, 400, "INVALID_REQUEST");
    fails(
        send("/copy", &format!("{DB}#NONE"), &format!("{DB}#x")).await,
        404,
        "FRAGMENT_NOT_FOUND",
    );
    fails(
        send("/copy", "openbao+kv2://secret/none", DB).await,
        404,
        "SECRET_NOT_FOUND",
    );
    fails(
        send("/move", &format!("{DB}?version=1"), "openbao+kv2://secret/y").await,
        400,
        "INVALID_VERSION",
    );
    fails(
        send("/copy", DB, "openbao+kv2://secret/y?version=1").await,
        400,
        "INVALID_VERSION",
    );
    send("/copy", &format!("{DB}?version=1"), "openbao+kv2://secret/first")
        .await
        .expect(200);
    assert!(
        door.value("openbao+kv2://secret/first")
            .await
            .expect(200)
            .json
            .get("env")
            .is_none()
    );
    send(
        "/move",
        "openbao+kv2://secret/again",
        "hashicorp+kv2://secret/moved",
    )
    .await
    .expect(200);
    let gone = fails(
        door.value("openbao+kv2://secret/again").await,
        404,
        "SECRET_NOT_FOUND",
    );
    assert_eq!(gone["details"]["state"], "deleted");
}
