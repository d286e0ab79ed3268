use serde_json::json;

use super::{Canonical, fails, keeper::by_either};
use crate::answer::Answer;

by_either! {
    case_43_a_key_is_copied_across_providers_and_moved_within_a_path,
    maps_and_keys_go_where_they_fit,
    what_does_not_fit_is_refused,
}

const DB: &str = "openbao+kv2://secret/app/db";

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

impl Canonical {
    async fn transfer(&self, path: &str, from: &str, to: &str) -> Answer {
        self.post(path, json!({"fromUri": from, "toUri": to})).await
    }

    /// A map at [`DB`] with a map in it.
    async fn with_maps() -> Self {
        let door = Self::start().await;
        door.transfer("/copy", "yaml://secret/crud", DB).await.expect(200);
        let inside = format!("{DB}#env");
        door.transfer("/copy", "yaml://secret/env", &inside)
            .await
            .expect(200);
        door
    }
}

async fn maps_and_keys_go_where_they_fit() {
    let door = Canonical::with_maps().await;
    let (read, again) = (door.value(DB).await.expect(200), "openbao+kv2://secret/again");
    assert_eq!(
        (&read["DB_USER"], &read["env"]["FROM"]),
        (&json!("app"), &json!("from-value"))
    );
    door.transfer("/copy", &format!("{DB}#env"), again)
        .await
        .expect(200);
    assert_eq!(door.value(again).await.expect(200)["FROM"], "from-value");
    let first = "openbao+kv2://secret/first";
    door.transfer("/copy", &format!("{DB}?version=1"), first)
        .await
        .expect(200);
    assert!(door.value(first).await.expect(200).json.get("env").is_none());
    let moved = "hashicorp+kv2://secret/moved";
    door.transfer("/move", again, moved).await.expect(200);
    let gone = fails(door.value(again).await, 404, "SECRET_NOT_FOUND");
    assert_eq!(gone["details"]["state"], "deleted");
    assert_eq!(door.value(moved).await.expect(200)["FROM"], "from-value");
}

async fn what_does_not_fit_is_refused() {
    let door = Canonical::with_maps().await;
    let (one, pinned) = (format!("{DB}#DB_USER"), format!("{DB}?version=1"));
    let (none, key) = (format!("{DB}#NONE"), format!("{DB}#x"));
    let fresh = "openbao+kv2://secret/fresh";
    for (path, from, to, status, code) in [
        ("/copy", "yaml://secret/env", DB, 409, "DESTINATION_EXISTS"),
        ("/copy", &one, fresh, 400, "INVALID_PAYLOAD"),
        ("/copy", DB, DB, 400, "INVALID_REQUEST"),
        ("/copy", &none, &key, 404, "FRAGMENT_NOT_FOUND"),
        ("/copy", "openbao+kv2://secret/none", DB, 404, "SECRET_NOT_FOUND"),
        (
            "/copy",
            DB,
            "openbao+kv2://kv/fresh",
            400,
            "TENANT_MOUNT_MISMATCH",
        ),
        ("/move", &pinned, fresh, 400, "INVALID_VERSION"),
        ("/copy", DB, &format!("{fresh}?version=1"), 400, "INVALID_VERSION"),
    ] {
        fails(door.transfer(path, from, to).await, status, code);
    }
    fails(door.value(fresh).await, 404, "SECRET_NOT_FOUND");
}
