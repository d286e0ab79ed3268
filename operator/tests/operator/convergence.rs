//! Whatever single write fails, or has its answer lost, everything ends the same.

use serde_json::{Value, json};

use crate::{
    fake::Fault,
    world::{World, api_key, data, secrets, vault},
};

async fn apply_all(world: &World) {
    world
        .fake
        .apply("vaults", vault("app", json!({"deletionPolicy": "Delete"})));
    let mut spec = data(json!({"A": {"generate": {"type": "hex"}}, "B": {"generate": {"type": "uuid"}}}));
    spec["sync"] = json!({"secretName": "mirror"});
    world.fake.apply("vaultsecrets", secrets("web", spec));
    let key =
        json!({"vaultRef": {"name": "app"}, "scopes": ["secrets:read"], "writeTo": {"secretName": "token"}});
    world.fake.apply("apikeys", api_key("ci", key));
    world.until_ready("vaultsecrets", "web").await;
    world.until_ready("apikeys", "ci").await;
}

/// What must be the same in the end.
fn shape(world: &World) -> Vec<Value> {
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    let names = |key: &str| {
        world.fake.get("secrets", "team", key).unwrap()["data"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    vec![
        object["status"]["keys"][0]["version"].clone(),
        object["status"]["keys"][1]["version"].clone(),
        json!(names("mirror")),
        json!(names("token")),
        object["metadata"]["finalizers"].clone(),
    ]
}

async fn converges(fault: Fault) {
    let calm = World::started().await;
    apply_all(&calm).await;
    let expected = shape(&calm);
    let mut hits = 0;
    for at in 0..10 {
        let world = World::started().await;
        world.fake.fail(at, fault);
        apply_all(&world).await;
        assert_eq!(shape(&world), expected, "after write {at}");
        token_works(&world).await;
        hits += usize::from(world.fake.fault_was_hit());
    }
    assert!(hits >= 7, "only {hits} writes were made to fail");
}

pub async fn token_works(world: &World) {
    let token = crate::api_key::token(world, "token");
    world
        .coffer
        .authenticate(&token)
        .await
        .expect("the token in the Secret works");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_refused_write() {
    converges(Fault::Refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_lost_answer() {
    converges(Fault::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_write_the_next_operator_goes_on() {
    for at in 1..8 {
        let mut world = World::started().await;
        let watched = world.fake.changes();
        let begun = *watched.borrow();
        let killing = async {
            let mut watched = watched;
            watched
                .wait_for(|version| *version >= begun + 3 + at)
                .await
                .unwrap();
        };
        world.fake.apply("vaults", vault("app", json!({})));
        world.fake.apply(
            "vaultsecrets",
            secrets("web", data(json!({"A": {"generate": {"type": "hex"}}}))),
        );
        let key = json!({"vaultRef": {"name": "app"}, "scopes": ["secrets:read"], "writeTo": {"secretName": "token"}});
        world.fake.apply("apikeys", api_key("ci", key));
        killing.await;
        world.kill();
        world.start();
        world.until_ready("vaultsecrets", "web").await;
        world.until_ready("apikeys", "ci").await;
        assert_eq!(
            world.fake.get("vaultsecrets", "team", "web").unwrap()["status"]["keys"][0]["version"],
            1
        );
        token_works(&world).await;
    }
}
