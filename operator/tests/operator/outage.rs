//! A store that takes no writes: told, waited for, and no reason to hold a namespace up.

use serde_json::json;

use crate::world::{World, condition, data, secrets, vault};

fn spec() -> serde_json::Value {
    data(json!({"A": {"generate": {"type": "hex"}}}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_got_over() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.until_ready("vaults", "app").await;
    world.store.fill_disk(true);
    world.fake.apply("vaultsecrets", secrets("web", spec()));
    world
        .until_reason("vaultsecrets", "web", "StoreUnavailable")
        .await;
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    assert_eq!(condition(&object, "Reconciling")["status"], "True");
    assert_eq!(
        condition(&object, "Stalled")["status"],
        "False",
        "it comes back by itself"
    );
    assert!(world.message("vaultsecrets", "web").contains("disk is full"));
    world.store.fill_disk(false);
    world.until_ready("vaultsecrets", "web").await;
    assert_eq!(
        world.events("StoreUnavailable").len(),
        1,
        "however often it was tried"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_waits_for_the_store() {
    let world = World::started().await;
    world
        .fake
        .apply("vaults", vault("app", json!({"deletionPolicy": "Delete"})));
    world.fake.apply("vaultsecrets", secrets("web", spec()));
    world.until_ready("vaultsecrets", "web").await;
    world.store.fill_disk(true);
    world.fake.delete("vaultsecrets", "team", "web");
    world
        .until_reason("vaultsecrets", "web", "StoreUnavailable")
        .await;
    world.store.fill_disk(false);
    world
        .until("it is gone", |fake| {
            fake.get("vaultsecrets", "team", "web").is_none()
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_ends_is_not_held_up_by_the_store() {
    let world = World::started().await;
    world
        .fake
        .apply("vaults", vault("app", json!({"deletionPolicy": "Delete"})));
    world.fake.apply("vaultsecrets", secrets("web", spec()));
    let key =
        json!({"vaultRef": {"name": "app"}, "scopes": ["secrets:read"], "writeTo": {"secretName": "token"}});
    world.fake.apply("apikeys", crate::world::api_key("ci", key));
    world.until_ready("vaultsecrets", "web").await;
    world.until_ready("apikeys", "ci").await;
    world.store.fill_disk(true);
    let ending =
        json!({"metadata": {"finalizers": ["kubernetes"], "deletionTimestamp": "2026-01-01T00:00:00Z"}});
    world
        .fake
        .patch("namespaces", "", "team", ending, "namespace-controller");
    for (plural, name) in [("vaultsecrets", "web"), ("apikeys", "ci"), ("vaults", "app")] {
        world.fake.delete(plural, "team", name);
    }
    world
        .until("nothing is left", |fake| {
            ["vaults", "vaultsecrets", "apikeys"]
                .iter()
                .all(|plural| fake.list(plural).is_empty())
        })
        .await;
}
