//! `secretKeyRef`: copied, and copied again when it changes.

use serde_json::{Value, json};

use crate::world::{World, data, secrets, vault};

fn source(value: &str) -> Value {
    json!({"metadata": {"namespace": "team", "name": "database"}, "type": "Opaque", "data": {"password": value}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_copied_as_it_happens() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    let spec = data(json!({"PASSWORD": {"secretKeyRef": {"name": "database", "key": "password"}}}));
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_reason("vaultsecrets", "web", "SourceNotFound").await;
    world.fake.apply("secrets", source("b25l"));
    world.until_ready("vaultsecrets", "web").await;
    assert_eq!(world.value("PASSWORD").await.unwrap().reveal(), b"one");
    world.fake.apply("secrets", source("dHdv"));
    world
        .until("the second version", |fake| {
            fake.get("vaultsecrets", "team", "web").unwrap()["status"]["keys"][0]["version"] == 2
        })
        .await;
    assert_eq!(world.value("PASSWORD").await.unwrap().reveal(), b"two");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_is_told_with_the_nearest() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply("secrets", source("b25l"));
    let spec = data(json!({"PASSWORD": {"secretKeyRef": {"name": "database", "key": "pasword"}}}));
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world
        .until_reason("vaultsecrets", "web", "SourceKeyNotFound")
        .await;
    assert!(
        world
            .message("vaultsecrets", "web")
            .ends_with("did you mean password?")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_the_cluster_refuses_is_told() {
    let world = World::started().await;
    world.fake.forbid("team", "secrets");
    world.fake.apply("vaults", vault("app", json!({})));
    let spec = data(json!({"PASSWORD": {"secretKeyRef": {"name": "database", "key": "password"}}}));
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_reason("vaultsecrets", "web", "Forbidden").await;
    assert!(world.message("vaultsecrets", "web").contains("secretNamespaces"));
}
