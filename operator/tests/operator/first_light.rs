//! From an applied object to a value in the store and a status that says so.

use coffer_domain::Error;
use serde_json::json;

use crate::world::{World, condition, data, secrets, vault};

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_value_is_stored_and_reported_with_two_writes() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.until_ready("vaults", "app").await;
    world.fake.take_seen();
    let entry = json!({"PASSWORD": {"generate": {"type": "password", "length": 24}}});
    world.fake.apply("vaultsecrets", secrets("web", data(entry)));
    world.until_ready("vaultsecrets", "web").await;
    assert_eq!(world.value("PASSWORD").await.unwrap().len(), 24);
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    assert_eq!(object["status"]["keys"][0]["version"], 1);
    assert_eq!(condition(&object, "EnvFileCompatible")["status"], "True");
    let writes = world
        .fake
        .seen()
        .into_iter()
        .filter(|it| it.is_write() && it.target.plural == "vaultsecrets");
    assert_eq!(writes.count(), 2, "a finalizer and a status");
    assert!(
        world.fake.list("events").is_empty(),
        "a first success is no event"
    );
}

/// As the chart's admission policy has it: `operator.finalizerAtCreation`.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_comes_with_its_finalizer_takes_one_write_and_is_cleaned_up() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.until_ready("vaults", "app").await;
    world.fake.take_seen();
    let mut object = secrets("web", data(json!({"A": {"generate": {"type": "hex"}}})));
    object["metadata"]["finalizers"] = json!(["coffer.dev/vaultsecret"]);
    world.fake.apply("vaultsecrets", object);
    world.until_ready("vaultsecrets", "web").await;
    let seen = world.fake.take_seen();
    let writes = seen
        .iter()
        .filter(|it| it.is_write() && it.target.plural == "vaultsecrets");
    assert_eq!(writes.count(), 1, "the status");
    world.fake.delete("vaultsecrets", "team", "web");
    world
        .until("it is gone", |fake| {
            fake.get("vaultsecrets", "team", "web").is_none()
        })
        .await;
    assert!(matches!(world.value("A").await, Err(Error::Deleted { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_applied_at_once_in_the_wrong_order_comes_to_rest() {
    let world = World::started().await;
    let entries = json!({
        "DSN": {"external": {}},
        "HEX": {"generate": {"type": "hex"}},
        "SIGNING": {"generate": {"type": "keyPair"}},
    });
    world.fake.apply("vaultsecrets", secrets("web", data(entries)));
    world.until_reason("vaultsecrets", "web", "VaultNotFound").await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.until_reason("vaultsecrets", "web", "AwaitingValue").await;
    assert_eq!(
        world.message("vaultsecrets", "web"),
        "no value was written yet for DSN; write it through the API"
    );
    world.put("DSN", "postgres://app@db/app").await;
    world.until_ready("vaultsecrets", "web").await;
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    let names: Vec<&str> = object["status"]["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["DSN", "HEX", "SIGNING", "SIGNING.pub"]);
    assert_eq!(object["status"]["keyCount"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_counts_its_secrets() {
    let world = World::started().await;
    world.fake.apply(
        "vaults",
        vault("app", json!({"environments": ["default", "staging"]})),
    );
    let entries = json!({"A": {"generate": {"type": "uuid"}}, "B": {"generate": {"type": "uuid"}}});
    world.fake.apply("vaultsecrets", secrets("web", data(entries)));
    world
        .until("two secrets are counted", |fake| {
            fake.get("vaults", "team", "app")
                .is_some_and(|vault| vault["status"]["secrets"] == 2)
        })
        .await;
    let status = &world.fake.get("vaults", "team", "app").unwrap()["status"];
    assert_eq!(status["environments"], "default,staging");
    assert!(status["id"].as_str().unwrap().len() == 36);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_value_that_an_env_file_cannot_carry_is_named_with_the_ways_out() {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply(
        "vaultsecrets",
        secrets("web", data(json!({"NOTE": {"external": {}}}))),
    );
    world.until_reason("vaultsecrets", "web", "AwaitingValue").await;
    world.put("NOTE", "it's").await;
    world.until_ready("vaultsecrets", "web").await;
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    let fit = condition(&object, "EnvFileCompatible");
    assert_eq!(fit["status"], "False");
    let message = fit["message"].as_str().unwrap();
    assert!(
        message.contains("NOTE: it contains a single quote") && message.contains("coffer.dev/mode: exec"),
        "{message}"
    );
    world.put("NOTE", "its").await;
    world
        .until("the condition turns", |fake| {
            condition(
                &fake.get("vaultsecrets", "team", "web").unwrap(),
                "EnvFileCompatible",
            )["status"]
                == "True"
        })
        .await;
}
