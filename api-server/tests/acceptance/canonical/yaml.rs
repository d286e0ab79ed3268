use serde_json::json;

use super::{Canonical, fails};

#[tokio::test]
async fn case_01_to_05_what_is_written_to_the_file_is_read_by_key_and_as_a_map() {
    let door = Canonical::start().await;
    let made = door
        .post("", json!({"uri": "yaml://secret/env#MY_NEW", "value": "hello"}))
        .await
        .expect(200);
    assert_eq!(
        (&made["status"], &made["version"], &made["uri"]),
        (&json!("ok"), &json!(null), &json!("yaml://secret/env#MY_NEW"))
    );
    let map = door.get("?uri=yaml://secret/env#MY_NEW").await.expect(200);
    assert_eq!(
        (&map["MY_NEW"], &map["MY_API_KEY"]),
        (&json!("hello"), &json!("abc123"))
    );
    let one = door.get("?uri=yaml://secret/env%23MY_NEW").await.expect(200);
    assert_eq!(one.json, json!({"value": "hello"}));
    door.post(
        "",
        json!({"uri": "yaml://secret/env#MY_NEW", "value": {"MY_NEW": "value"}}),
    )
    .await
    .expect(200);
    let one = door.get("?uri=yaml://secret/env%23MY_NEW").await.expect(200);
    assert_eq!(one.json, json!({"value": "value"}));
    let crud = door.get("?uri=yaml://secret/crud").await.expect(200);
    assert_eq!(crud.json.as_object().unwrap().len(), 3);
    let one = door
        .get("?uri=yaml://secret/crud%23CREDENTIAL_ENCRYPTION_KEY")
        .await
        .expect(200);
    assert_eq!(one.json, json!({"value": "test-key-123"}));
    assert!(door.file("dev_secrets.yaml").contains("    MY_NEW: \"value\"\n"));
}

#[tokio::test]
async fn case_06_to_08_keys_are_listed_under_a_prefix_without_values() {
    let door = Canonical::start().await;
    let env = door.get("/metadata?prefix=yaml://secret/env/").await.expect(200);
    let keys: Vec<_> = env
        .list_at("/items")
        .iter()
        .map(|item| item["key"].clone())
        .collect();
    assert_eq!(keys, ["API_TOKEN", "FROM", "MY_API_KEY"]);
    assert_eq!(
        env["items"][2],
        json!({"uri": "yaml://secret/env#MY_API_KEY", "path": "env", "key": "MY_API_KEY", "type": "string"})
    );
    assert_eq!((&env["limit"], &env["offset"]), (&json!(100), &json!(0)));
    for value in ["abc123", "from-value", "t0k"] {
        assert!(!env.text.contains(value), "{}", env.text);
    }
    let crud = door.get("/metadata?prefix=yaml://secret/crud/").await.expect(200);
    assert_eq!(crud["total"], 3);
    let named = door.get("/metadata?mount=secret&prefix=env").await.expect(200);
    assert_eq!(named["items"], env["items"]);
    // One mount is allowed, so that it need not be said; a part of a segment is no prefix.
    let bare = door.get("/metadata?prefix=env").await.expect(200);
    assert_eq!(bare["items"], env["items"]);
    for nothing in ["yaml://secret/en", "yaml://secret/none"] {
        let page = door.get(&format!("/metadata?prefix={nothing}")).await.expect(200);
        assert_eq!((&page["items"], &page["total"]), (&json!([]), &json!(0)));
    }
    let part = door
        .get("/metadata?prefix=yaml://secret/env&offset=1&limit=1")
        .await
        .expect(200);
    assert_eq!(
        (&part["items"][0]["key"], &part["next_offset"]),
        (&json!("FROM"), &json!(2))
    );
    for bad in ["limit=0", "limit=1001", "limit=x", "offset=-1"] {
        fails(
            door.get(&format!("/metadata?prefix=yaml://secret/env&{bad}"))
                .await,
            400,
            "INVALID_REQUEST",
        );
    }
}

#[tokio::test]
async fn case_09_and_10_keys_and_names_are_found() {
    let door = Canonical::start().await;
    let env = door.get("/keys?uri=yaml://secret/env").await.expect(200);
    assert_eq!(env["keys"], json!(["API_TOKEN", "FROM", "MY_API_KEY"]));
    let named = door.get("/keys?mount=secret&prefix=env").await.expect(200);
    assert_eq!(named["keys"], env["keys"]);
    let crud = door.get("/keys?uri=yaml://secret/crud").await.expect(200);
    assert_eq!(crud.list_at("/keys").len(), 3);
    let root = door.get("/keys?uri=yaml://secret").await.expect(200);
    assert_eq!(root["keys"], json!(["crud/", "env/"]));
    fails(
        door.get("/keys?uri=yaml://secret/none").await,
        404,
        "SECRET_NOT_FOUND",
    );
    fails(
        door.get("/keys?uri=yaml://secret/env/FROM").await,
        400,
        "FRAGMENT_REQUIRED",
    );
    for from in ["&prefix=yaml://secret/env/", ""] {
        let found = door.get(&format!("/search?q=token{from}")).await.expect(200);
        assert_eq!((found["total"].clone(), &found["q"]), (json!(1), &json!("token")));
        assert_eq!(
            found["items"][0],
            json!({"uri": "yaml://secret/env#API_TOKEN", "path": "env", "key": "API_TOKEN", "match": "key"})
        );
    }
    let by_path = door.get("/search?q=CRUD").await.expect(200);
    assert_eq!(
        (by_path["items"][0]["match"].clone(), &by_path["total"]),
        (json!("path"), &json!(4))
    );
}

#[tokio::test]
async fn case_11_rotating_a_key_of_the_file_is_writing_it() {
    let door = Canonical::start().await;
    let rotated = door
        .post(
            "/rotate",
            json!({"uri": "yaml://secret/env#MY_KEY", "value": "new"}),
        )
        .await
        .expect(200);
    assert_eq!(
        (
            &rotated["status"],
            &rotated["old_version"],
            &rotated["new_version"]
        ),
        (&json!("rotated"), &json!(null), &json!(null))
    );
    let one = door.get("?uri=yaml://secret/env%23MY_KEY").await.expect(200);
    assert_eq!(one.json, json!({"value": "new"}));
}

#[tokio::test]
async fn case_12_and_13_a_key_is_copied_once_and_moved_when_its_place_is_free() {
    let door = Canonical::start().await;
    let body = json!({"fromUri": "yaml://secret/env#FROM", "toUri": "yaml://secret/env#TO"});
    let mut explicit = body.clone();
    explicit["overwrite"] = json!(false);
    let copied = door.post("/copy", explicit.clone()).await.expect(200);
    assert_eq!(
        (&copied["status"], &copied["source_deleted"]),
        (&json!("copied"), &json!(false))
    );
    let to = door.get("?uri=yaml://secret/env%23TO").await.expect(200);
    assert_eq!(to["value"], "from-value");
    fails(door.post("/copy", explicit).await, 409, "DESTINATION_EXISTS");
    fails(door.post("/move", body.clone()).await, 409, "DESTINATION_EXISTS");
    let deleted = door.delete("?uri=yaml://secret/env%23TO").await.expect(200);
    assert_eq!(deleted["scope"], "key");
    let moved = door.post("/move", body).await.expect(200);
    assert_eq!(
        (&moved["status"], &moved["source_deleted"]),
        (&json!("moved"), &json!(true))
    );
    fails(
        door.get("?uri=yaml://secret/env%23FROM").await,
        404,
        "FRAGMENT_NOT_FOUND",
    );
}

#[tokio::test]
async fn case_14_and_15_the_file_has_no_versions_and_a_key_goes_alone() {
    let door = Canonical::start().await;
    let one = door.value("yaml://secret/env%23MY_API_KEY").await.expect(200);
    assert_eq!(one.json, json!({"value": "abc123"}));
    let pinned = door.value("yaml://secret/env%23MY_API_KEY&version=1").await;
    fails(pinned, 501, "OPERATION_NOT_SUPPORTED");
    let path = "?uri=yaml://secret/env%23MY_API_KEY";
    let deleted = door.delete(path).await.expect(200);
    assert_eq!(
        (&deleted["scope"], &deleted["version"]),
        (&json!("key"), &json!(null))
    );
    assert!(deleted.json.get("warnings").is_none());
    fails(
        door.value("yaml://secret/env%23MY_API_KEY").await,
        404,
        "FRAGMENT_NOT_FOUND",
    );
    fails(door.delete(path).await, 404, "FRAGMENT_NOT_FOUND");
    assert_eq!(
        door.get("/keys?uri=yaml://secret/env").await.expect(200)["keys"],
        json!(["API_TOKEN", "FROM"])
    );
}

/// The documented command for one key arrives without it, and takes the whole node: the file before it is kept.
#[tokio::test]
async fn deleting_a_node_of_several_keys_keeps_the_file_before_it() {
    let door = Canonical::start().await;
    let before = door.file("dev_secrets.yaml");
    let deleted = door.delete("?uri=yaml://secret/env#MY_NEW").await.expect(200);
    assert_eq!(
        (&deleted["scope"], &deleted["destroyed"]),
        (&json!("path"), &json!(false))
    );
    assert_eq!(door.file("dev_secrets.yaml.bak"), before);
    fails(door.get("?uri=yaml://secret/env").await, 404, "SECRET_NOT_FOUND");
    door.get("?uri=yaml://secret/crud").await.expect(200);
}

#[tokio::test]
async fn nothing_is_put_under_a_value() {
    let door = Canonical::start().await;
    let body = json!({"uri": "yaml://secret/env/FROM/deeper#K", "value": "x"});
    fails(door.post("", body).await, 400, "INVALID_PAYLOAD");
    fails(
        door.get("?uri=yaml://secret/env/FROM").await,
        400,
        "FRAGMENT_REQUIRED",
    );
    fails(
        door.post("", json!({"uri": "yaml://secret", "value": {"a": 1}}))
            .await,
        400,
        "INVALID_REQUEST",
    );
    assert_eq!(
        door.get("?uri=yaml://secret").await.expect(200)["crud"]["DB_USER"],
        "app"
    );
    door.post(
        "",
        json!({"uri": "yaml://secret/new/deep#K", "value": {"a": [1]}}),
    )
    .await
    .expect(200);
    let read = door.get("?uri=yaml://secret/new").await.expect(200);
    assert_eq!(read.json, json!({"deep": {"K": {"a": [1]}}}));
}
