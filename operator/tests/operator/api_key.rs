//! API keys: made, written to their place, rotated with an overlap, never without a token that works.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    fake::Fault,
    world::{World, api_key, data, secrets, vault},
};

/// The token in a Secret.
pub fn token(world: &World, secret: &str) -> String {
    let secret = world.fake.get("secrets", "team", secret).unwrap();
    String::from_utf8(
        BASE64_STANDARD
            .decode(secret["data"]["token"].as_str().unwrap())
            .unwrap(),
    )
    .unwrap()
}

async fn works(world: &World, token: &str) -> bool {
    world.coffer.authenticate(token).await.is_ok()
}

fn spec(more: Value) -> Value {
    let mut spec = json!({"vaultRef": {"name": "app"}, "scopes": ["secrets:read", "secrets:list"], "writeTo": {"secretName": "token"}});
    spec.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    spec
}

async fn ready(more: Value) -> World {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply("apikeys", api_key("ci", spec(more)));
    world.until_ready("apikeys", "ci").await;
    world
}

fn status(world: &World) -> Value {
    world.fake.get("apikeys", "team", "ci").unwrap()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_and_opens_what_it_should() {
    let world = ready(json!({"keys": ["app/*"], "expiresIn": "90d"})).await;
    let principal = world.coffer.authenticate(&token(&world, "token")).await.unwrap();
    let grants = principal.grants();
    assert_eq!(grants[0].vault.as_str(), "app");
    assert_eq!(grants[0].names[0].as_str(), "app/*");
    assert_eq!(grants[0].permissions.len(), 2);
    let secret = world.fake.get("secrets", "team", "token").unwrap();
    let id = BASE64_STANDARD
        .decode(secret["data"]["key-id"].as_str().unwrap())
        .unwrap();
    assert_eq!(status(&world)["keyId"].as_str().unwrap().as_bytes(), id);
    assert!(status(&world)["expiresAt"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_leaves_the_previous_token_for_the_overlap() {
    let mut world = ready(json!({"rotation": {"every": "1h", "overlap": "15m"}})).await;
    let first = token(&world, "token");
    world.stop().await;
    world.advance(SignedDuration::from_hours(5));
    world.start();
    world
        .until("it rotated", |fake| {
            fake.get("apikeys", "team", "ci").unwrap()["status"]["previous"]["validUntil"].is_string()
        })
        .await;
    let second = token(&world, "token");
    assert_ne!(first, second);
    assert!(works(&world, &first).await && works(&world, &second).await);
    assert_eq!(world.events("Rotated").len(), 1, "once, however many were missed");
    world.advance(SignedDuration::from_mins(16));
    assert!(!works(&world, &first).await && works(&world, &second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_secret_is_written_anew_and_the_old_token_works_on() {
    let world = ready(json!({})).await;
    let first = token(&world, "token");
    world.fake.delete("secrets", "team", "token");
    world
        .until("it is back", |fake| {
            fake.get("secrets", "team", "token").is_some()
        })
        .await;
    world
        .until("it is told", |fake| {
            fake.list("events")
                .iter()
                .any(|event| event["reason"] == "TokenLost")
        })
        .await;
    let second = token(&world, "token");
    assert!(works(&world, &first).await && works(&world, &second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_whose_token_never_arrived_keeps_the_one_in_place_alive() {
    let mut world = ready(json!({"rotation": {"every": "1h", "overlap": "15m"}})).await;
    let first = token(&world, "token");
    world.stop().await;
    world.advance(SignedDuration::from_mins(61));
    // The token is made, then the write of the Secret fails.
    world.fake.fail(0, Fault::Refused);
    world.start();
    world
        .until("it was made anew", |fake| {
            fake.list("events")
                .iter()
                .any(|event| event["reason"] == "Reissued")
        })
        .await;
    let second = token(&world, "token");
    assert_ne!(first, second);
    assert!(works(&world, &first).await, "the token that programs hold");
    assert!(works(&world, &second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_go_into_the_vault_instead() {
    let world = ready(json!({"writeTo": {"vaultKey": "ci/token"}})).await;
    let value = world.value("ci/token").await.unwrap();
    assert!(works(&world, std::str::from_utf8(value.reveal()).unwrap()).await);
    assert!(world.fake.list("secrets").is_empty());
    world.fake.delete("apikeys", "team", "ci");
    world
        .until("it is gone", |fake| fake.get("apikeys", "team", "ci").is_none())
        .await;
    assert!(world.value("ci/token").await.is_err());
    assert!(!works(&world, std::str::from_utf8(value.reveal()).unwrap()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_revokes() {
    let world = ready(json!({})).await;
    let token = token(&world, "token");
    world.fake.delete("apikeys", "team", "ci");
    world
        .until("it is gone", |fake| fake.get("apikeys", "team", "ci").is_none())
        .await;
    assert!(!works(&world, &token).await);
    assert!(world.fake.list("secrets").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_secret_is_not_touched_and_no_key_is_made() {
    let world = World::started().await;
    let foreign = json!({"metadata": {"namespace": "team", "name": "token"}, "type": "Opaque", "data": {"token": "Zm9yZWlnbg=="}});
    let foreign = world.fake.apply("secrets", foreign);
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply("apikeys", api_key("ci", spec(json!({}))));
    world.until_reason("apikeys", "ci", "SecretNotOurs").await;
    assert_eq!(world.fake.get("secrets", "team", "token").unwrap(), foreign);
    assert!(status(&world).get("keyId").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_key_may_do_follows_the_spec_without_a_new_token() {
    let world = ready(json!({})).await;
    let before = token(&world, "token");
    world.fake.patch(
        "apikeys",
        "team",
        "ci",
        json!({"spec": {"scopes": ["secrets:rotate"]}}),
        "kubectl",
    );
    world.until_ready("apikeys", "ci").await;
    assert_eq!(token(&world, "token"), before);
    let principal = world.coffer.authenticate(&before).await.unwrap();
    assert_eq!(
        principal.grants()[0]
            .permissions
            .iter()
            .map(|it| it.as_str())
            .collect::<Vec<_>>(),
        ["secrets:rotate"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_without_rotation_says_so() {
    let mut world = ready(json!({"expiresIn": "1h"})).await;
    let token = token(&world, "token");
    world.stop().await;
    world.advance(SignedDuration::from_hours(2));
    world.start();
    world.until_reason("apikeys", "ci", "Expired").await;
    assert!(!works(&world, &token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_a_vault_secret_has_is_refused() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply(
        "vaultsecrets",
        secrets("web", data(json!({"TOKEN": {"generate": {"type": "hex"}}}))),
    );
    world.until_ready("vaultsecrets", "web").await;
    world.fake.apply(
        "apikeys",
        api_key("ci", spec(json!({"writeTo": {"vaultKey": "TOKEN"}}))),
    );
    world.until_reason("apikeys", "ci", "KeyOwnedElsewhere").await;
    // When that lets go, the key takes the name without being touched.
    world.fake.delete("vaultsecrets", "team", "web");
    world.until_ready("apikeys", "ci").await;
}
