//! What is written here is read at other doors, and the other way round: the same value, the same version.

use reqwest::Method;
use serde_json::{Value, json};

use super::world::{BASE, made, unlimited};
use crate::support::{body, secret};

#[tokio::test]
async fn one_secret_is_the_same_at_every_door() {
    let server = unlimited().await;
    made(
        &server,
        Method::POST,
        "/secrets",
        json!({"name": "SHARED", "value": "from v-secure"}),
    )
    .await;
    let native = server.get(&secret("SHARED")).await.expect(200);
    assert_eq!(native["version"], 1);
    let put: Value = body("from native");
    server.put(&secret("SHARED"), &put).await.expect(200);
    let here = made(&server, Method::GET, "/secrets/SHARED", json!({})).await;
    assert_eq!(
        (&here["value"], &here["version"]),
        (&json!("from native"), &json!(2))
    );
    let vaults = server
        .at_door(Method::GET, Some(&server.admin), "/secryn/v1/vaults", None)
        .await
        .expect(200);
    let vault = vaults["data"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/secryn/v1/vaults/{vault}/secrets/SHARED");
    let there = server
        .at_door(Method::GET, Some(&server.admin), &path, None)
        .await
        .expect(200);
    assert_eq!(
        (&there["data"]["value"], &there["data"]["version"]),
        (&json!("from native"), &json!(2))
    );
    let narrow = server.key(&["secrets:list"]).await;
    let path = format!("{BASE}/secrets/SHARED");
    server
        .at_door(Method::GET, Some(&narrow), &path, None)
        .await
        .expect(403);
}
