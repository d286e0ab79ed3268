//! One secret, several doors: the same value, the same version, the same denial.

use reqwest::Method;
use serde_json::json;

use super::world::{made, send, text};
use crate::support::{ORG, TestServer, body};

const SECRYN: &str = "/v1/vaults/shared/secrets";

fn native(name: &str) -> String {
    format!("/organizations/{ORG}/vaults/shared/environments/default/secrets/{name}")
}

#[tokio::test]
async fn a_secret_written_at_one_door_is_read_at_the_other_with_the_same_version() {
    let server = TestServer::start().await;
    made(&server, "/v1/vaults", json!({"name": "shared"})).await;
    let admin = Some(server.admin.as_str());
    made(
        &server,
        SECRYN,
        json!({"name": "app/A", "value": "one", "tags": ["t"]}),
    )
    .await;
    let read = server.get(&native("app/A")).await.expect(200);
    assert_eq!((&read["value"], &read["version"]), (&json!("one"), &json!(1)));

    server.put(&native("app/A"), &body("two")).await.expect(200);
    let read = send(&server, Method::GET, admin, &format!("{SECRYN}/app/A"), None)
        .await
        .expect(200);
    assert_eq!(read["data"]["value"], "two");
    assert_eq!(read["data"]["version"], 2);
    assert_eq!(read["data"]["tags"], json!(["t"]), "what is said of it stays");

    let changed = json!({"value": "three"});
    send(
        &server,
        Method::PUT,
        admin,
        &format!("{SECRYN}/app/A"),
        Some(&changed),
    )
    .await
    .expect(200);
    assert_eq!(server.get(&native("app/A")).await.expect(200)["version"], 3);
    server.put(&native("B"), &body("b")).await.expect(201);
    let view = send(&server, Method::GET, admin, "/v1/vaults/shared", None)
        .await
        .expect(200);
    assert_eq!(view["secrets"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_token_is_denied_at_every_door_alike() {
    let server = TestServer::start().await;
    made(&server, "/v1/vaults", json!({"name": "shared"})).await;
    made(&server, SECRYN, json!({"name": "A", "value": "one"})).await;
    let elsewhere = server
        .key_for(json!({"permissions": ["secrets:read"], "vault": "default"}))
        .await;
    let lists = server.key(&["secrets:list"]).await;
    let path = format!("{SECRYN}/A");
    for (token, status) in [(&elsewhere, 404), (&lists, 403)] {
        let denied = server.get_as(token, &native("A")).await;
        assert_eq!(denied.status, status, "{}", denied.text);
    }
    send(&server, Method::GET, Some(&elsewhere), &path, None)
        .await
        .expect(404);
    let masked = send(&server, Method::GET, Some(&lists), &path, None)
        .await
        .expect(200);
    assert_eq!(masked["data"]["value"], "********", "a mask, and not the value");

    // Tokens made at this door are good at this door.
    let access = made(&server, "/v1/vaults/shared/access-keys", json!({"name": "a"})).await;
    let access = text(&access, "token");
    send(&server, Method::GET, Some(&access), &path, None)
        .await
        .expect(200);
    assert_eq!(server.get_as(&access, &native("A")).await.status, 401);
}

#[tokio::test]
async fn what_is_said_of_a_secret_holds_at_every_door() {
    let server = TestServer::start().await;
    made(&server, "/v1/vaults", json!({"name": "shared"})).await;
    for (name, said) in [
        ("OFF", json!({"enabled": false})),
        ("EARLY", json!({"activation_date": "2999-01-01T00:00:00Z"})),
        ("LATE", json!({"expiration_date": "2020-01-01T00:00:00Z"})),
    ] {
        let mut body = json!({"name": name, "value": "v"});
        body.as_object_mut()
            .unwrap()
            .extend(said.as_object().unwrap().clone());
        made(&server, SECRYN, body).await;
        let read = server.get(&native(name)).await;
        assert!(
            (400..500).contains(&read.status) && !read.text.contains("\"v\""),
            "{name}: {}",
            read.text
        );
    }
}
