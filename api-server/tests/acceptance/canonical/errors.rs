use reqwest::Method;
use serde_json::json;

use super::{
    Canonical, fails,
    keeper::{Keeper, by_either},
};

by_either! {
    case_46_to_52_and_57_uris_are_read_strictly,
    case_53_bodies_are_read_strictly_whatever_they_are_called,
    case_54_what_a_provider_cannot_do_is_said,
    case_55_and_56_versions_must_be_named_and_what_is_not_there_is_404,
    case_58_bulk_is_bounded_and_stops_where_it_is_told_to,
}

async fn case_46_to_52_and_57_uris_are_read_strictly() {
    // The contract's table is of strict reading, which is not what development has.
    let door = Canonical::with(&[
        "--canonical-require-auth",
        "false",
        "--canonical-environment",
        "dev",
        "--canonical-legacy-uris",
        "false",
    ])
    .await;
    for (uri, code) in [
        ("hashicorp+kv2://secret//path", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/jira/*/token", "INVALID_WILDCARD"),
        ("openbao+kv2://secret/a%2Fb", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://secret/../x", "ILLEGAL_SEGMENT"),
        ("openbao+kv2://kv/app", "TENANT_MOUNT_MISMATCH"),
        ("openbao+kv1://secret/a", "UNSUPPORTED_ENGINE"),
        ("s3://secret/a", "UNSUPPORTED_ENGINE"),
        ("openbao://secret/a", "UNSUPPORTED_ENGINE"),
        ("openbao+kv2://secret/app%23k?mount=secret", "DOUBLE_MOUNT_SOURCE"),
        (
            "openbao%2Bkv2%3A%2F%2Fsecret%2Fapp%23k%3Fversion%3D1%26version%3D2",
            "AMBIGUOUS_QUERY",
        ),
        ("openbao+kv2://secret/app%23k?foo=1", "INVALID_REQUEST"),
        ("openbao+kv2://secret/app/", "PROVIDER_TRAILING_SLASH_MISMATCH"),
        ("openbao+kv2://vault:8200/secret/app", "AMBIGUOUS_MOUNT"),
        ("openbao+kv2://secret", "INVALID_REQUEST"),
    ] {
        let refused = fails(door.value(uri).await, 400, code);
        assert_eq!(refused["error"], "Bad Request");
    }
    let body = json!({"uri": "openbao+kv2://secret/a%2Fb", "value": {"a": 1}});
    fails(door.post("", body).await, 400, "ILLEGAL_SEGMENT");
    for prefix in [
        "mount=secret&prefix=yaml://secret/env",
        "mount=secret&prefix=yaml%3A%2F%2Fsecret",
    ] {
        fails(
            door.get(&format!("/metadata?{prefix}")).await,
            400,
            "DOUBLE_MOUNT_SOURCE",
        );
    }
    door.post(
        "",
        json!({"uri": "openbao+kv2://secret/crud#CREDENTIAL_ENCRYPTION_KEY", "value": "k"}),
    )
    .await
    .expect(200);
    let encoded = "openbao%2Bkv2%3A%2F%2Fsecret%2Fcrud%23CREDENTIAL_ENCRYPTION_KEY";
    assert_eq!(door.value(encoded).await.expect(200).json, json!({"value": "k"}));
}

async fn case_53_bodies_are_read_strictly_whatever_they_are_called() {
    let door = Canonical::start().await;
    let crud = "openbao+kv2://secret/crud";
    fails(
        door.post("", json!({"uri": crud, "value": "scalar"})).await,
        400,
        "INVALID_PAYLOAD",
    );
    fails(door.post("", json!({"uri": crud})).await, 400, "INVALID_REQUEST");
    fails(
        door.post("", json!({"uri": crud, "value": null})).await,
        400,
        "INVALID_REQUEST",
    );
    fails(
        door.post("", json!({"uri": 1, "value": {"a": 1}})).await,
        400,
        "INVALID_REQUEST",
    );
    let both = json!({"uri": format!("{crud}#k"), "value": {"k": 1, "b": 2}});
    fails(door.post("", both).await, 400, "INVALID_PAYLOAD");
    fails(
        door.post("", json!({"uri": format!("{crud}?version=1"), "value": {"a": 1}}))
            .await,
        400,
        "INVALID_VERSION",
    );
    for text in ["{", "[1]", ""] {
        let sent = door.send(Method::POST, None, "", Some(text.to_owned())).await;
        fails(sent, 400, "INVALID_REQUEST");
    }
    let url = format!("{}/api/secrets", door.subject.base);
    let form = door
        .subject
        .http
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded");
    let taken = form
        .body(json!({"uri": crud, "value": {"a": 1}}).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(taken.status(), 200);
    let large = json!({"uri": crud, "value": {"a": "x".repeat(70_000)}});
    match Keeper::current() {
        Keeper::Store => fails(door.post("", large).await, 413, "PAYLOAD_TOO_LARGE"),
        // The server has a limit of its own, above that of bodies here.
        Keeper::Vault => door.post("", large).await.expect(200),
    };
    let endless = json!({"uri": crud, "value": {"a": "x".repeat(1024 * 1024)}});
    fails(door.post("", endless).await, 413, "PAYLOAD_TOO_LARGE");
}

async fn case_54_what_a_provider_cannot_do_is_said() {
    let door = Canonical::start().await;
    let unsupported = |answer| fails(answer, 501, "OPERATION_NOT_SUPPORTED");
    unsupported(door.get("?uri=openbao+kv2://secret/crud").await);
    unsupported(door.get("/metadata?prefix=openbao+kv2://secret/").await);
    unsupported(door.get("/keys?uri=openbao+kv2://secret/crud").await);
    unsupported(door.get("/versions?uri=yaml://secret/env").await);
    unsupported(door.get("/metadata/detail?uri=yaml://secret/env").await);
    let body = json!({"uri": "yaml://secret/env", "versions": [1], "owner": "x"});
    for path in ["/undelete", "/destroy-versions", "/metadata/owner"] {
        unsupported(door.post(path, body.clone()).await);
    }
}

async fn case_55_and_56_versions_must_be_named_and_what_is_not_there_is_404() {
    let door = Canonical::start().await;
    let crud = "openbao+kv2://secret/crud";
    door.post("", json!({"uri": crud, "value": {"a": 1}}))
        .await
        .expect(200);
    for path in ["/undelete", "/destroy-versions"] {
        for versions in [json!([]), json!([0]), json!(["x"]), json!([1.5])] {
            fails(
                door.post(path, json!({"uri": crud, "versions": versions})).await,
                400,
                "INVALID_VERSION",
            );
        }
        fails(
            door.post(path, json!({"uri": crud})).await,
            400,
            "INVALID_REQUEST",
        );
        let with_key = json!({"uri": format!("{crud}#a"), "versions": [1]});
        fails(door.post(path, with_key).await, 400, "FRAGMENT_NOT_ALLOWED");
        let unknown = json!({"uri": "openbao+kv2://secret/none", "versions": [1]});
        fails(door.post(path, unknown).await, 404, "SECRET_NOT_FOUND");
    }
    fails(
        door.value(&format!("{crud}%23NOPE")).await,
        404,
        "FRAGMENT_NOT_FOUND",
    );
    fails(
        door.value("openbao+kv2://secret/none").await,
        404,
        "SECRET_NOT_FOUND",
    );
    fails(
        door.delete("?uri=openbao+kv2://secret/none").await,
        404,
        "SECRET_NOT_FOUND",
    );
    fails(
        door.delete("?uri=openbao+kv2://secret/none&destroy=1").await,
        404,
        "SECRET_NOT_FOUND",
    );
    fails(
        door.delete(&format!("?uri={crud}&destroy=maybe")).await,
        400,
        "INVALID_REQUEST",
    );
}

async fn case_58_bulk_is_bounded_and_stops_where_it_is_told_to() {
    let door = Canonical::start().await;
    let good = json!({"op": "set", "uri": "openbao+kv2://secret/b#k", "value": 1});
    for operations in [vec![good.clone(); 101], Vec::new()] {
        fails(
            door.post("/bulk", json!({"operations": operations})).await,
            400,
            "INVALID_REQUEST",
        );
    }
    fails(door.post("/bulk", json!({})).await, 400, "INVALID_REQUEST");
    let bad = json!({"op": "delete", "uri": "openbao+kv2://secret/none"});
    let operations = json!([bad, good, {"op": "dance", "uri": "x"}, 7]);
    let stopped = door
        .post(
            "/bulk",
            json!({"operations": operations, "continueOnError": false}),
        )
        .await
        .expect(200);
    assert_eq!((&stopped["failed"], &stopped["skipped"]), (&json!(1), &json!(3)));
    assert_eq!(
        (
            &stopped["results"][1]["skipped"],
            &stopped["results"][1]["status"]
        ),
        (&json!(true), &json!(null))
    );
    let went_on = door
        .post("/bulk", json!({"operations": operations}))
        .await
        .expect(200);
    assert_eq!(
        (&went_on["succeeded"], &went_on["failed"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(went_on["results"][0]["error"]["code"], "SECRET_NOT_FOUND");
    assert_eq!(
        (&went_on["results"][1]["status"], &went_on["results"][2]["status"]),
        (&json!(200), &json!(400))
    );
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_this_doors_words() {
    let door = Canonical::start().await;
    fails(door.get("/none").await, 404, "NOT_FOUND");
    let wrong = door.send(Method::PUT, None, "/value", None).await;
    let wrong = fails(wrong, 405, "METHOD_NOT_ALLOWED");
    assert!(wrong.header("allow").contains("GET"), "{:?}", wrong.headers);
    let url = format!(
        "{}/api/secrets/value?uri=openbao+kv2://secret/none",
        door.subject.base
    );
    let told = door
        .subject
        .http
        .get(url)
        .header("x-correlation-id", "trace-7")
        .send()
        .await
        .unwrap();
    assert_eq!(told.headers()["x-correlation-id"], "trace-7");
}
