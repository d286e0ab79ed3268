//! The mirror in a core Secret: made, kept, and never at another's cost.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::world::{World, condition, data, secrets, vault};

fn spec(sync: Value) -> Value {
    let mut spec = data(json!({"PASSWORD": {"generate": {"type": "hex"}}, "USER": {"external": {}}}));
    spec["sync"] = sync;
    spec
}

async fn mirrored(sync: Value) -> World {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply("vaultsecrets", secrets("web", spec(sync)));
    world.until_reason("vaultsecrets", "web", "AwaitingValue").await;
    assert!(
        world.fake.get("secrets", "team", "mirror").is_none(),
        "not before all values are there"
    );
    world.put("USER", "app").await;
    world.until_ready("vaultsecrets", "web").await;
    world
}

fn decoded(secret: &Value, key: &str) -> String {
    String::from_utf8(
        BASE64_STANDARD
            .decode(secret["data"][key].as_str().unwrap())
            .unwrap(),
    )
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_holds_the_values_and_is_ours() {
    let world = mirrored(json!({"secretName": "mirror"})).await;
    let secret = world.fake.get("secrets", "team", "mirror").unwrap();
    assert_eq!(decoded(&secret, "USER"), "app");
    assert_eq!(
        decoded(&secret, "PASSWORD").as_bytes(),
        world.value("PASSWORD").await.unwrap().reveal()
    );
    let owner = &secret["metadata"]["ownerReferences"][0];
    assert_eq!(
        (&owner["kind"], &owner["controller"]),
        (&json!("VaultSecret"), &json!(true))
    );
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    assert_eq!(object["status"]["syncedSecret"]["uid"], secret["metadata"]["uid"]);
    assert_eq!(condition(&object, "Synced")["status"], "True");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_back_when_deleted_edited_or_behind() {
    let world = mirrored(json!({"secretName": "mirror"})).await;
    let is = |value: &'static str| {
        move |fake: &crate::fake::Fake| {
            fake.get("secrets", "team", "mirror")
                .is_some_and(|secret| secret["data"]["USER"] == BASE64_STANDARD.encode(value))
        }
    };
    world.fake.delete("secrets", "team", "mirror");
    world.until("it is made again", is("app")).await;
    world.fake.patch(
        "secrets",
        "team",
        "mirror",
        json!({"data": {"USER": "ZXZpbA=="}}),
        "kubectl-edit",
    );
    world.until("the edit is undone", is("app")).await;
    world.fake.patch(
        "secrets",
        "team",
        "mirror",
        json!({"data": {"USER": null}}),
        "kubectl-edit",
    );
    world.until("the removal is undone", is("app")).await;
    world.put("USER", "app2").await;
    world.until("the new value follows", is("app2")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_secret_is_never_touched() {
    let world = World::started().await;
    let foreign = json!({"metadata": {"namespace": "team", "name": "mirror"}, "type": "Opaque", "data": {"USER": "Zm9yZWlnbg=="}});
    let foreign = world.fake.apply("secrets", foreign);
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply(
        "vaultsecrets",
        secrets("web", spec(json!({"secretName": "mirror"}))),
    );
    world.until_reason("vaultsecrets", "web", "AwaitingValue").await;
    world.put("USER", "app").await;
    world.until_reason("vaultsecrets", "web", "SecretNotOurs").await;
    world.settle().await;
    assert_eq!(world.fake.get("secrets", "team", "mirror").unwrap(), foreign);
    // Removed by its owner, the name is free.
    world.fake.delete("secrets", "team", "mirror");
    world.until_ready("vaultsecrets", "web").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_an_earlier_object_of_the_same_name_is_foreign() {
    let world = World::started().await;
    world.fake.apply("secrets", json!({
        "metadata": {"namespace": "team", "name": "mirror", "ownerReferences": [
            {"apiVersion": "coffer.dev/v1alpha1", "kind": "VaultSecret", "name": "web", "uid": "an-older-one", "controller": true}]},
        "type": "Opaque", "data": {"USER": "b2xk"},
    }));
    world.fake.apply("vaults", vault("app", json!({})));
    world.put_when_there("USER", "app").await;
    world.fake.apply(
        "vaultsecrets",
        secrets("web", spec(json!({"secretName": "mirror"}))),
    );
    world.until_reason("vaultsecrets", "web", "SecretNotOurs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_make_the_keys_and_bad_ones_are_told() {
    let template = json!({"url": "postgres://{{ USER }}:{{ PASSWORD }}@db/app"});
    let world = mirrored(json!({"secretName": "mirror", "template": template})).await;
    let secret = world.fake.get("secrets", "team", "mirror").unwrap();
    assert!(decoded(&secret, "url").starts_with("postgres://app:"));
    assert_eq!(secret["data"].as_object().unwrap().len(), 1);
    let bad = json!({"spec": {"sync": {"template": {"url": "{{ PASWORD }}"}}}});
    world.fake.patch("vaultsecrets", "team", "web", bad, "kubectl");
    world.until_reason("vaultsecrets", "web", "TemplateFailed").await;
    assert!(
        world
            .message("vaultsecrets", "web")
            .contains("did you mean PASSWORD?")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mirror_moves_with_its_name_and_goes_with_the_wish() {
    let world = mirrored(json!({"secretName": "mirror"})).await;
    world.fake.patch(
        "vaultsecrets",
        "team",
        "web",
        json!({"spec": {"sync": {"secretName": "moved"}}}),
        "kubectl",
    );
    world
        .until("it moved", |fake| {
            fake.get("secrets", "team", "moved").is_some() && fake.get("secrets", "team", "mirror").is_none()
        })
        .await;
    world.fake.patch("vaultsecrets", "team", "web", json!({"spec": {"sync": {"type": "kubernetes.io/basic-auth", "template": {"username": "{{ USER }}"}}}}), "kubectl");
    world
        .until("its type changed", |fake| {
            fake.get("secrets", "team", "moved")
                .is_some_and(|secret| secret["type"] == "kubernetes.io/basic-auth")
        })
        .await;
    world.fake.patch(
        "vaultsecrets",
        "team",
        "web",
        json!({"spec": {"sync": null}}),
        "kubectl",
    );
    world
        .until("it is gone", |fake| fake.list("secrets").is_empty())
        .await;
    world.until_ready("vaultsecrets", "web").await;
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    assert!(object["status"].get("syncedSecret").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_keeps_changing_the_secret_starts_no_endless_quarrel() {
    let world = mirrored(json!({"secretName": "mirror"})).await;
    world.fake.take_seen();
    let quarrel = async {
        let mut changes = world.fake.changes();
        loop {
            world.fake.patch(
                "secrets",
                "team",
                "mirror",
                json!({"data": {"USER": "ZXZpbA=="}}),
                "other-program",
            );
            changes.changed().await.unwrap();
        }
    };
    tokio::select! {
        () = quarrel => {}
        () = world.until_reason("vaultsecrets", "web", "SecretRefused") => {}
    }
    assert!(
        world
            .message("vaultsecrets", "web")
            .contains("keeps being changed by others")
    );
    let repairs = world
        .fake
        .seen()
        .into_iter()
        .filter(|it| it.is_write() && it.target.plural == "secrets");
    assert!(repairs.count() < 10);
}
