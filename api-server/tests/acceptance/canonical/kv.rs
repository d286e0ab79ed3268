use serde_json::{Value, json};

use super::{Canonical, fails, keeper::by_either};

by_either! {
    case_16_and_17_a_key_is_written_and_read_alone_and_as_a_map,
    case_18_to_22_rotations_are_versions,
    case_23_a_pinned_version_is_read_in_every_form,
    case_24_and_25_versions_are_destroyed_and_the_rest_is_skipped,
    case_26_and_27_a_deleted_version_is_told_from_none_and_comes_back,
    case_28_and_29_a_secret_is_stamped_and_changes_its_owner_without_a_version,
    case_30_to_36_writing_one_key_leaves_its_siblings,
    case_37_to_40_bulk_then_delete_then_destroy,
    case_41_and_42_a_path_of_one_segment_and_a_search_of_one_level,
}

const API: &str = "openbao+kv2://secret/app/api";
const TEST: &str = "openbao+kv2://secret/app/test";

impl Canonical {
    async fn rotate(&self, uri: &str, value: Value) -> (Value, Value) {
        let rotated = self
            .post("/rotate", json!({"uri": uri, "value": value}))
            .await
            .expect(200);
        assert_eq!(rotated["status"], "rotated");
        (rotated["old_version"].clone(), rotated["new_version"].clone())
    }

    pub async fn set(&self, uri: &str, value: Value) -> Value {
        self.post("", json!({"uri": uri, "value": value}))
            .await
            .expect(200)["version"]
            .clone()
    }

    async fn versions(&self, path: &str, uri: &str, versions: Value) -> (Value, Value) {
        let body = json!({"uri": uri, "versions": versions});
        let moved = self.post(path, body).await.expect(200);
        (moved["applied"].clone(), moved["skipped"].clone())
    }

    /// Five versions of [`API`], as cases 16 to 21 write them.
    async fn with_five() -> Self {
        let door = Self::start().await;
        let token = format!("{API}#token");
        let first = door
            .post("", json!({"uri": token, "value": {"token": "s3cr3t"}}))
            .await
            .expect(200);
        assert_eq!(
            (&first["version"], &first["resource_ref"]),
            (&json!(1), &json!("pLZ2GppsLrRUQeG3pt1mmfn4vk3NDGydw_HLh4Y2aQo"))
        );
        assert_eq!(
            door.rotate(&token, json!({"token": "new-value"})).await,
            (json!(1), json!(2))
        );
        assert_eq!(
            door.rotate(&token, json!({"token": "s3cr3t-new"})).await,
            (json!(2), json!(3))
        );
        assert_eq!(
            door.rotate(&token, json!("new-value")).await,
            (json!(3), json!(4))
        );
        assert_eq!(
            door.rotate(API, json!({"token": "new"})).await,
            (json!(4), json!(5))
        );
        door
    }
}

async fn case_16_and_17_a_key_is_written_and_read_alone_and_as_a_map() {
    let door = Canonical::start().await;
    assert_eq!(
        door.set(&format!("{API}#token"), json!({"token": "s3cr3t"}))
            .await,
        json!(1)
    );
    let map = door.value(API).await.expect(200);
    assert_eq!(
        (map.json.clone(), map.header("x-secret-version")),
        (json!({"token": "s3cr3t"}), "1")
    );
    let one = door.value(&format!("{API}%23token")).await.expect(200);
    assert_eq!(one.json, json!({"value": "s3cr3t"}));
    assert_eq!(
        one.header("x-resource-ref"),
        "pLZ2GppsLrRUQeG3pt1mmfn4vk3NDGydw_HLh4Y2aQo"
    );
    assert_eq!(one.header("cache-control"), "no-store");
}

async fn case_18_to_22_rotations_are_versions() {
    let door = Canonical::with_five().await;
    let listed = door.get(&format!("/versions?uri={API}")).await.expect(200);
    assert_eq!(listed["current_version"], 5);
    let numbers: Vec<_> = listed
        .list_at("/versions")
        .iter()
        .map(|it| it["version"].clone())
        .collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert!(
        listed
            .list_at("/versions")
            .iter()
            .all(|it| it["state"] == "active" && it["deletion_time"] == "")
    );
}

async fn case_23_a_pinned_version_is_read_in_every_form() {
    let door = Canonical::with_five().await;
    let raw = door.value(&format!("{API}#token&version=12")).await.expect(200);
    assert_eq!(raw.json, json!({"token": "new"}));
    fails(
        door.value(&format!("{API}%23token&version=12")).await,
        404,
        "SECRET_NOT_FOUND",
    );
    let second = door.value(&format!("{API}%23token&version=2")).await.expect(200);
    assert_eq!(
        (second.json.clone(), second.header("x-secret-version")),
        (json!({"value": "new-value"}), "2")
    );
    let third = door.value(&format!("{API}?version=3")).await.expect(200);
    assert_eq!(third.json, json!({"token": "s3cr3t-new"}));
    fails(
        door.value(&format!("{API}%23token?version=3&version=2")).await,
        400,
        "AMBIGUOUS_QUERY",
    );
    let by_key = door
        .value(&format!("{API}&key=token&version=2"))
        .await
        .expect(200);
    assert_eq!(by_key.json, second.json);
}

async fn case_24_and_25_versions_are_destroyed_and_the_rest_is_skipped() {
    let door = Canonical::with_five().await;
    assert_eq!(
        door.versions("/undelete", API, json!([3, 4])).await,
        (json!([]), json!([3, 4]))
    );
    assert_eq!(
        door.versions("/destroy-versions", API, json!([1, 2])).await,
        (json!([1, 2]), json!([]))
    );
    let gone = fails(
        door.value(&format!("{API}%23token&version=1")).await,
        409,
        "SECRET_VERSION_DESTROYED",
    );
    assert_eq!(gone["details"]["version"], 1);
    let listed = door.get(&format!("/versions?uri={API}")).await.expect(200);
    let destroyed: Vec<_> = listed
        .list_at("/versions")
        .iter()
        .map(|it| it["destroyed"].clone())
        .collect();
    assert_eq!(destroyed, [false, false, false, true, true]);
    assert_eq!(listed["versions"][4]["state"], "destroyed");
    assert_eq!(
        door.versions("/undelete", API, json!(["1", 1, 9])).await,
        (json!([]), json!([1, 9]))
    );
}

async fn case_26_and_27_a_deleted_version_is_told_from_none_and_comes_back() {
    let door = Canonical::with_five().await;
    let path = "?uri=hashicorp+kv2://secret/app/api#token&destroy=true";
    let deleted = door.delete(path).await.expect(200);
    assert_eq!(
        (
            &deleted["status"],
            &deleted["destroyed"],
            &deleted["version"],
            &deleted["scope"]
        ),
        (&json!("deleted"), &json!(false), &json!(5), &json!("path"))
    );
    let gone = fails(
        door.value(&format!("{API}%23token")).await,
        404,
        "SECRET_NOT_FOUND",
    );
    assert_eq!(gone["details"], json!({"state": "deleted", "version": 5}));
    fails(
        door.value(&format!("{API}%23token&version=5")).await,
        409,
        "SECRET_VERSION_DELETED",
    );
    door.value(&format!("{API}&version=4")).await.expect(200);
    assert_eq!(
        door.versions("/undelete", API, json!([5])).await,
        (json!([5]), json!([]))
    );
    door.value(&format!("{API}%23token")).await.expect(200);
}

async fn case_28_and_29_a_secret_is_stamped_and_changes_its_owner_without_a_version() {
    let door = Canonical::with_five().await;
    let before = door.get(&format!("/metadata/detail?uri={API}")).await.expect(200);
    let stamp = &before["custom_metadata"];
    assert_eq!(
        (&stamp["created_by"], stamp.get("owner")),
        (&json!("anonymous"), None)
    );
    let at = stamp["created_at"].as_str().unwrap();
    assert!(at.len() == 20 && at.ends_with('Z') && at.contains('T'), "{at}");
    assert_eq!(
        (&before["current_version"], &before["delete_version_after"]),
        (&json!(5), &json!("0s"))
    );
    let owner = "auth:account:idp:data-team";
    let set = door
        .post("/metadata/owner", json!({"uri": API, "owner": owner}))
        .await
        .expect(200);
    assert_eq!(set["custom_metadata"]["owner"], owner);
    let after = door.get(&format!("/metadata/detail?uri={API}")).await.expect(200);
    assert_eq!(
        (&after["custom_metadata"]["owner"], &after["current_version"]),
        (&json!(owner), &json!(5))
    );
    for member in ["created_by", "created_at"] {
        assert_eq!(after["custom_metadata"][member], stamp[member]);
    }
    door.rotate(API, json!({"token": "again"})).await;
    let kept = door.get(&format!("/metadata/detail?uri={API}")).await.expect(200);
    assert_eq!(kept["custom_metadata"], after["custom_metadata"]);
    fails(
        door.post("/metadata/owner", json!({"uri": API, "owner": ""}))
            .await,
        400,
        "INVALID_PAYLOAD",
    );
    let with_key = json!({"uri": format!("{API}#token"), "owner": "x"});
    fails(
        door.post("/metadata/owner", with_key).await,
        400,
        "FRAGMENT_NOT_ALLOWED",
    );
}

/// [`TEST`] after cases 30 to 35.
async fn with_siblings() -> Canonical {
    let door = Canonical::start().await;
    let value = format!("{TEST}#value");
    assert_eq!(door.set(&value, json!({"value": "hello"})).await, json!(1));
    assert_eq!(door.rotate(&value, json!("new")).await, (json!(1), json!(2)));
    assert_eq!(door.set(&value, json!({"value": "hello-live"})).await, json!(3));
    assert_eq!(
        door.rotate(&value, json!({"value": "new"})).await,
        (json!(3), json!(4))
    );
    assert_eq!(door.value(TEST).await.expect(200).json, json!({"value": "new"}));
    assert_eq!(door.set(&format!("{TEST}#other"), json!("x")).await, json!(5));
    door
}

async fn case_30_to_36_writing_one_key_leaves_its_siblings() {
    let door = with_siblings().await;
    for (version, expected) in [(2, "new"), (1, "hello")] {
        let read = door
            .value(&format!("{TEST}%23value&version={version}"))
            .await
            .expect(200);
        assert_eq!(read.json, json!({"value": expected}));
    }
    let map = door.value(TEST).await.expect(200);
    assert_eq!(map.json, json!({"value": "new", "other": "x"}));
    for path in ["/metadata/detail", "/versions"] {
        let told = door.get(&format!("{path}?uri={TEST}")).await.expect(200);
        assert_eq!(
            (&told["current_version"], &told["uri"]),
            (&json!(5), &json!(TEST))
        );
        assert!(!told.text.contains("hello-live"));
    }
}

async fn case_37_to_40_bulk_then_delete_then_destroy() {
    let door = with_siblings().await;
    let operations = json!([
        {"op": "set", "uri": "yaml://secret/env#NEW", "value": "abc"},
        {"op": "delete", "uri": format!("{TEST}#value")},
    ]);
    let done = door
        .post("/bulk", json!({"operations": operations}))
        .await
        .expect(200);
    assert_eq!((&done["succeeded"], &done["failed"]), (&json!(2), &json!(0)));
    assert_eq!(done["results"][1]["result"]["destroyed"], false);
    assert_eq!(
        done["results"][1]["result"]["warnings"],
        json!(["FRAGMENT_IGNORED"])
    );
    for path in [format!("?uri={TEST}"), format!("?uri={TEST}#value&destroy=true")] {
        let again = door.delete(&path).await.expect(200);
        assert_eq!(again["destroyed"], false);
    }
    assert_eq!(
        door.versions("/undelete", TEST, json!([3, 4])).await,
        (json!([]), json!([3, 4]))
    );
    assert_eq!(
        door.versions("/destroy-versions", TEST, json!([1, 2])).await,
        (json!([1, 2]), json!([]))
    );
    let destroyed = door
        .delete(&format!("?uri={TEST}%23value&destroy=true"))
        .await
        .expect(200);
    assert_eq!(
        (&destroyed["status"], &destroyed["version"]),
        (&json!("destroyed"), &json!(null))
    );
    fails(
        door.get(&format!("/versions?uri={TEST}")).await,
        404,
        "SECRET_NOT_FOUND",
    );
    assert_eq!(
        door.set(TEST, json!({"a": 1})).await,
        json!(1),
        "nothing is left of it"
    );
}

async fn case_41_and_42_a_path_of_one_segment_and_a_search_of_one_level() {
    let door = Canonical::start().await;
    let crud = "openbao+kv2://secret/crud";
    let made = door
        .set(&format!("{crud}#CREDENTIAL_ENCRYPTION_KEY"), json!("cmFuZG9t"))
        .await;
    assert_eq!(made, json!(1));
    assert_eq!(
        door.value(crud).await.expect(200).json,
        json!({"CREDENTIAL_ENCRYPTION_KEY": "cmFuZG9t"})
    );
    let one = door
        .value(&format!("{crud}%23CREDENTIAL_ENCRYPTION_KEY"))
        .await
        .expect(200);
    assert_eq!(one.json, json!({"value": "cmFuZG9t"}));
    door.set(API, json!({"token": "s3cr3t"})).await;
    door.set("openbao+kv2://secret/app", json!({"a": 1})).await;
    let found = door
        .get("/search?q=APP&prefix=openbao+kv2://secret/")
        .await
        .expect(200);
    assert_eq!(
        found["items"],
        json!([
            {"uri": "openbao+kv2://secret/app", "path": "app", "key": null, "match": "path"},
            {"uri": "openbao+kv2://secret/app", "path": "app/", "key": null, "match": "path"},
        ])
    );
    let below = door
        .get("/search?q=a&prefix=openbao+kv2://secret/app/")
        .await
        .expect(200);
    assert_eq!(
        (&below["total"], &below["items"][0]["uri"]),
        (&json!(1), &json!(API))
    );
    fails(
        door.get("/search?prefix=openbao+kv2://secret/").await,
        400,
        "INVALID_REQUEST",
    );
}
