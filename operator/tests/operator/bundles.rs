//! Last-known-good bundles: made for who asks and may, kept like the store, and gone with the right to them.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_bundle::{seal, secret_name};
use coffer_domain::{
    name::SecretName, principal::Workload, secret_value::SecretValue, usecase::consumers::Wanted,
};
use coffer_wire::{
    Delivered,
    bundle::{BundleContent, BundleIdentity, Header},
};
use serde_json::{Value, json};

use crate::{
    fake::Fake,
    world::{World, data, place, root, secrets, vault},
};

const DAY: u64 = 86_400;

fn web() -> Workload {
    Workload {
        namespace: "team".into(),
        service_account: "web".into(),
        pod: "web-1".into(),
        pod_uid: "u1".into(),
    }
}

fn identity() -> BundleIdentity {
    BundleIdentity {
        namespace: "team".into(),
        service_account: "web".into(),
        content: BundleContent {
            organization: "team".into(),
            vault: "app".into(),
            environment: "default".into(),
            names: Some(vec!["PASSWORD".into()]),
            max_stale: DAY,
        },
    }
}

fn ask(world: &World) {
    let wanted = Wanted::Named(vec![SecretName::new("PASSWORD").unwrap()]);
    world.bundles.asked(&web(), &place("default"), &wanted, DAY);
}

fn kept(fake: &Fake) -> Option<Value> {
    fake.get("secrets", "team", &secret_name(&identity()))
}

fn allowing() -> Value {
    json!({"maxStale": "12h", "access": [{"serviceAccounts": ["web"]}]})
}

/// Whether a Secret holds exactly this value, sealed for the identity.
fn holds(secret: &Value, version: u64, value: &str) -> bool {
    let bundle = BASE64_STANDARD
        .decode(secret["data"]["bundle"].as_str().unwrap())
        .unwrap();
    let (header, _) = Header::split(&bundle).unwrap();
    assert_eq!(header.max_stale, DAY / 2, "the lesser of the two");
    let value = SecretValue::from(value);
    let secrets = BTreeMap::from([("PASSWORD".to_owned(), Delivered { version, value })]);
    seal(&root(), &header, &identity(), secrets).unwrap() == bundle
}

async fn with(spec: Value) -> World {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", spec));
    world.fake.apply(
        "vaultsecrets",
        secrets("web", data(json!({"PASSWORD": {"external": {}}}))),
    );
    world.put_when_there("PASSWORD", "hunter2").await;
    world.until_ready("vaultsecrets", "web").await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_sealed_for_who_asks_and_follow_the_store() {
    let world = with(allowing()).await;
    assert!(kept(&world.fake).is_none(), "nobody asked");
    ask(&world);
    world
        .until("a bundle", |fake| {
            kept(fake).is_some_and(|it| holds(&it, 1, "hunter2"))
        })
        .await;
    let secret = kept(&world.fake).unwrap();
    let owner = &secret["metadata"]["ownerReferences"][0];
    assert_eq!((&owner["kind"], &owner["name"]), (&json!("Vault"), &json!("app")));
    assert!(!secret.to_string().contains(&BASE64_STANDARD.encode("hunter2")));

    world.put("PASSWORD", "correct horse").await;
    world
        .until("the new value", |fake| {
            kept(fake).is_some_and(|it| holds(&it, 2, "correct horse"))
        })
        .await;

    world.fake.delete("secrets", "team", &secret_name(&identity()));
    world
        .until("somebody deleted it", |fake| kept(fake).is_none())
        .await;
    world.settle().await;
    ask(&world);
    world.until("it is back", |fake| kept(fake).is_some()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_goes_with_the_grant_and_with_the_vaults_word() {
    let world = with(allowing()).await;
    for withdrawn in [
        json!({"maxStale": "12h", "access": [{"serviceAccounts": ["other"]}]}),
        json!({"access": [{"serviceAccounts": ["web"]}]}),
    ] {
        world.fake.apply("vaults", vault("app", allowing()));
        world.until_ready("vaults", "app").await;
        ask(&world);
        world.until("a bundle", |fake| kept(fake).is_some()).await;
        world.fake.apply("vaults", vault("app", withdrawn));
        world.until("no bundle", |fake| kept(fake).is_none()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_withdrawn_while_nobody_looked_is_found() {
    let mut world = with(allowing()).await;
    ask(&world);
    world.until("a bundle", |fake| kept(fake).is_some()).await;
    world.stop().await;
    world
        .fake
        .apply("vaults", vault("app", json!({"maxStale": "12h"})));
    world.start();
    world.until("no bundle", |fake| kept(fake).is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_vaults_word_nothing_is_kept_and_that_is_said() {
    let world = with(json!({"access": [{"serviceAccounts": ["web"]}]})).await;
    ask(&world);
    world
        .until("an Event", |fake| {
            let events = fake.list("events");
            let told = |event: &Value| {
                event["reason"] == "BundleNotKept" && event["note"].to_string().contains("spec.maxStale")
            };
            events.iter().any(told)
        })
        .await;
    ask(&world);
    world.settle().await;
    assert_eq!(world.events("BundleNotKept").len(), 1, "once");
    assert!(kept(&world.fake).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_secret_is_left_alone() {
    let world = with(allowing()).await;
    let foreign = json!({"metadata": {"namespace": "team", "name": secret_name(&identity())}, "data": {"bundle": "eA=="}});
    world.fake.apply("secrets", foreign);
    ask(&world);
    world
        .until("an Event", |fake| {
            fake.list("events")
                .iter()
                .any(|event| event["reason"] == "BundleNotKept")
        })
        .await;
    assert_eq!(kept(&world.fake).unwrap()["data"]["bundle"], "eA==");
}
