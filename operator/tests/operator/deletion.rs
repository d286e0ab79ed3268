//! What becomes of stored values when objects go.

use coffer_domain::{Error, usecase::Caller};
use serde_json::json;

use crate::{
    fake::Fault,
    world::{World, data, secrets, vault},
};

async fn with(vault_policy: &str, secret_policy: &str) -> World {
    let world = World::started().await;
    world
        .fake
        .apply("vaults", vault("app", json!({"deletionPolicy": vault_policy})));
    let mut spec = data(json!({"A": {"generate": {"type": "hex"}}}));
    spec["deletionPolicy"] = secret_policy.into();
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_ready("vaultsecrets", "web").await;
    world
}

async fn delete(world: &World, plural: &str, name: &str) {
    world.fake.delete(plural, "team", name);
    world
        .until("it is gone", |fake| fake.get(plural, "team", name).is_none())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_deleted_or_stay_as_the_policy_says() {
    let world = with("Retain", "Delete").await;
    delete(&world, "vaultsecrets", "web").await;
    assert!(matches!(world.value("A").await, Err(Error::Deleted { .. })));
    let world = with("Retain", "Retain").await;
    let before = world.value("A").await.unwrap();
    delete(&world, "vaultsecrets", "web").await;
    assert_eq!(world.value("A").await.unwrap(), before);
    world.put("A", "now anyone's").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retained_vault_is_found_again_by_a_new_object_of_its_name() {
    let world = with("Retain", "Retain").await;
    let before = world.value("A").await.unwrap();
    let id = world.fake.get("vaults", "team", "app").unwrap()["status"]["id"].clone();
    delete(&world, "vaults", "app").await;
    world.until_reason("vaultsecrets", "web", "VaultNotFound").await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.until_ready("vaults", "app").await;
    world.until_ready("vaultsecrets", "web").await;
    assert_eq!(
        world.fake.get("vaults", "team", "app").unwrap()["status"]["id"],
        id
    );
    assert_eq!(world.value("A").await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_is_dropped_when_asked_for_and_its_secrets_still_go() {
    let world = with("Delete", "Delete").await;
    delete(&world, "vaults", "app").await;
    assert!(matches!(
        world.value("A").await,
        Err(Error::NotFound { what: "vault", .. })
    ));
    world.until_reason("vaultsecrets", "web", "VaultNotFound").await;
    delete(&world, "vaultsecrets", "web").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_changed_takes_its_finalizer_along() {
    let world = with("Delete", "Delete").await;
    let finalizers = |fake: &crate::fake::Fake| {
        fake.get("vaults", "team", "app").unwrap()["metadata"]["finalizers"]
            .as_array()
            .map_or(0, Vec::len)
    };
    assert_eq!(finalizers(&world.fake), 1);
    world.fake.patch(
        "vaults",
        "team",
        "app",
        json!({"spec": {"deletionPolicy": "Retain"}}),
        "kubectl",
    );
    world
        .until("the finalizer is gone", |fake| finalizers(fake) == 0)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_an_object_that_vanished_unseen_are_taken_over() {
    let mut world = with("Retain", "Delete").await;
    world.stop().await;
    // Someone strips the finalizer by hand while nobody looks.
    world.fake.patch(
        "vaultsecrets",
        "team",
        "web",
        json!({"metadata": {"finalizers": null}}),
        "kubectl",
    );
    world.fake.delete("vaultsecrets", "team", "web");
    world.start();
    let before = world.value("A").await.unwrap();
    world.fake.apply(
        "vaultsecrets",
        secrets("web", data(json!({"A": {"generate": {"type": "hex"}}}))),
    );
    world.until_ready("vaultsecrets", "web").await;
    assert_eq!(
        world.value("A").await.unwrap(),
        before,
        "taken over, not made anew"
    );
    world.fake.apply(
        "vaultsecrets",
        secrets("rival", data(json!({"A": {"generate": {"type": "hex"}}}))),
    );
    world
        .until_reason("vaultsecrets", "rival", "KeyOwnedElsewhere")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_no_longer_declared_go_with_the_policy() {
    let world = with("Retain", "Delete").await;
    world.fake.apply(
        "vaultsecrets",
        secrets("web", data(json!({"B": {"generate": {"type": "hex"}}}))),
    );
    world.until_ready("vaultsecrets", "web").await;
    assert!(matches!(world.value("A").await, Err(Error::Deleted { .. })));
    assert!(world.value("B").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_namespace_goes_cleanly() {
    let world = with("Delete", "Delete").await;
    world.fake.apply(
        "apikeys",
        crate::world::api_key(
            "ci",
            json!({
        "vaultRef": {"name": "app"}, "scopes": ["secrets:read"], "writeTo": {"secretName": "ci-token"}}),
        ),
    );
    world.until_ready("apikeys", "ci").await;
    world.fake.fail(0, Fault::Refused);
    for (plural, name) in [("vaults", "app"), ("vaultsecrets", "web"), ("apikeys", "ci")] {
        world.fake.delete(plural, "team", name);
    }
    world
        .until("nothing is left", |fake| {
            ["vaults", "vaultsecrets", "apikeys", "secrets"]
                .iter()
                .all(|plural| fake.list(plural).is_empty())
        })
        .await;
    let organization = "team".parse().unwrap();
    let keys = world
        .coffer
        .list_api_keys(&Caller::controller(), &organization, None, 10)
        .await
        .unwrap();
    assert!(keys.iter().all(|key| key.revoked_at.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_no_longer_declared_go_even_if_the_change_failed_at_first() {
    let world = with("Retain", "Delete").await;
    let rival = data(json!({"TAKEN": {"generate": {"type": "hex"}}}));
    world.fake.apply("vaultsecrets", secrets("rival", rival.clone()));
    world.until_ready("vaultsecrets", "rival").await;
    // Generation 2 drops A, and wants a name that another has.
    world.fake.apply("vaultsecrets", secrets("web", rival));
    world
        .until_reason("vaultsecrets", "web", "KeyOwnedElsewhere")
        .await;
    assert!(world.value("A").await.is_ok(), "nothing is done by halves");
    delete(&world, "vaultsecrets", "rival").await;
    world.until_ready("vaultsecrets", "web").await;
    assert!(matches!(world.value("A").await, Err(Error::Deleted { .. })));
}
