//! From an applied object to a value in the store and a status that says so.

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
    let writes = world.fake.seen().into_iter().filter(|it| it.is_write() && it.target.plural == "vaultsecrets");
    assert_eq!(writes.count(), 2, "a finalizer and a status");
    assert!(world.fake.list("events").is_empty(), "a first success is no event");
}
