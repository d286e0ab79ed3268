//! A value that can be told from all others is found in no request but those whose purpose is to carry it.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use crate::world::{World, api_key, data, secrets, vault};

const CANARY: &str = "canary-7f3d2a91-do-not-sing";

#[tokio::test(flavor = "multi_thread")]
async fn values_leave_only_in_the_data_of_secrets() {
    let world = World::started().await;
    let encoded = BASE64_STANDARD.encode(CANARY);
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply(
        "secrets",
        json!({"metadata": {"namespace": "team", "name": "db"}, "type": "Opaque", "data": {"p": encoded}}),
    );
    let mut spec =
        data(json!({"COPIED": {"secretKeyRef": {"name": "db", "key": "p"}}, "EXTERNAL": {"external": {}}}));
    spec["sync"] = json!({"secretName": "mirror", "template": {"both": "{{ COPIED }}'{{ EXTERNAL }}"}});
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.put_when_there("EXTERNAL", CANARY).await;
    world.fake.apply("apikeys", api_key("ci", json!({"vaultRef": {"name": "app"}, "scopes": ["secrets:read"], "writeTo": {"secretName": "token"}})));
    world.until_ready("vaultsecrets", "web").await;
    world.until_ready("apikeys", "ci").await;
    let token = crate::api_key::token(&world, "token");
    let mut carried = 0;
    for seen in world.fake.seen() {
        let mut body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        if seen.target.plural == "secrets" && seen.is_write() {
            carried += usize::from(body["data"].take().is_object());
        }
        let text = body.to_string();
        for value in [
            CANARY,
            &encoded[..30],
            &token,
            &BASE64_STANDARD.encode(&token)[..40],
        ] {
            assert!(!text.contains(value), "{} {:?}: {text}", seen.method, seen.target);
        }
    }
    assert!(carried >= 2, "the mirror and the token were written");
    for plural in ["vaults", "vaultsecrets", "apikeys", "events"] {
        let text = serde_json::to_string(&world.fake.list(plural)).unwrap();
        assert!(
            !text.contains(CANARY) && !text.contains(&encoded) && !text.contains(&token),
            "{plural}"
        );
    }
}
