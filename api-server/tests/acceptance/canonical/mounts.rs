use reqwest::Method;
use serde_json::json;

use super::{Canonical, fails};

#[tokio::test]
async fn an_empty_list_of_mounts_is_no_mount() {
    let door = Canonical::with(&["--canonical-require-auth", "false", "--canonical-mount-map", "{}"]).await;
    fails(
        door.value("openbao+kv2://secret/crud").await,
        400,
        "TENANT_MOUNT_MISMATCH",
    );
}

#[tokio::test]
async fn a_bare_prefix_needs_the_mount_where_there_are_several() {
    let door = Canonical::with(&[
        "--canonical-require-auth",
        "false",
        "--canonical-environment",
        "dev",
        "--canonical-mount-map",
        r#"{"default": ["secret", "other"]}"#,
    ])
    .await;
    fails(door.get("/metadata?prefix=env").await, 400, "AMBIGUOUS_MOUNT");
    door.get("/metadata?prefix=env&mount=secret").await.expect(200);
}

/// A native key is good here, within its grants, and what another door wrote is read here.
#[tokio::test]
async fn a_native_key_reads_what_another_door_wrote_and_the_other_way_round() {
    let door = Canonical::with(&[]).await;
    let token = door.subject.token.clone();
    let server = door.subject.base.trim_end_matches("/canonical").to_owned();
    let native = |name: &str| {
        format!("{server}/coffer/v1/organizations/default/vaults/secret/environments/default/secrets/{name}")
    };
    let put = door
        .subject
        .http
        .put(native("PLAIN"))
        .bearer_auth(&token)
        .json(&json!({"value": "text"}));
    let put = put.send().await.unwrap();
    assert!(put.status().is_success(), "{}", put.text().await.unwrap());
    let uri = "openbao+kv2://secret/PLAIN";
    let read = door
        .send(Method::GET, Some(&token), &format!("/value?uri={uri}"), None)
        .await
        .expect(200);
    assert_eq!(read.json, json!({"value": "text"}));
    let body = json!({"uri": format!("{uri}#value"), "value": "changed"}).to_string();
    door.send(Method::POST, Some(&token), "", Some(body))
        .await
        .expect(200);
    let back = door
        .subject
        .http
        .get(native("PLAIN"))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    let back: serde_json::Value = back.json().await.unwrap();
    assert_eq!(back["value"], "changed", "plain text stays plain text: {back}");
    let body = json!({"uri": format!("{uri}#other"), "value": 1}).to_string();
    door.send(Method::POST, Some(&token), "", Some(body))
        .await
        .expect(200);
    let back = door
        .subject
        .http
        .get(native("PLAIN"))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    let back: serde_json::Value = back.json().await.unwrap();
    assert_eq!(back["value"], r#"{"other":1,"value":"changed"}"#);
    fails(
        door.send(Method::GET, None, &format!("/value?uri={uri}"), None)
            .await,
        401,
        "UNAUTHENTICATED",
    );
}
