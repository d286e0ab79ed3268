//! `sealed`: opened into the store, once, and refused with the reason where it does not belong.

use coffer_domain::{
    address::Address,
    audit::Outcome,
    seal::{VaultPublicKey, seal},
};
use coffer_store::SystemEntropy;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{World, data, place, secrets, vault};

fn public_key(world: &World) -> Option<VaultPublicKey> {
    let vault = world.fake.get("vaults", "team", "app")?;
    vault["status"]["sealing"]["publicKey"].as_str()?.parse().ok()
}

fn sealed_for(world: &World, address: &Address, value: &str) -> Value {
    let key = public_key(world).expect("the vault's status has its key");
    let entropy = SystemEntropy::checked().unwrap();
    let sealed = seal(&entropy, &key.key, address, &value.into()).unwrap();
    json!({"sealed": sealed.to_string()})
}

fn sealed(world: &World, name: &str, value: &str) -> Value {
    sealed_for(world, &place("default").secret(name.parse().unwrap()), value)
}

fn version(world: &World, at: usize) -> Value {
    let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
    object["status"]["keys"][at]["version"].clone()
}

async fn with_vault(spec: Value) -> World {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", spec));
    world.until_ready("vaults", "app").await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_value_sealed_anew_is_no_new_version_and_another_one_is() {
    let world = with_vault(json!({})).await;
    let first = sealed(&world, "A", "one");
    world
        .fake
        .apply("vaultsecrets", secrets("web", data(json!({"A": first}))));
    world.until_ready("vaultsecrets", "web").await;
    assert_eq!(world.value("A").await.unwrap().reveal(), b"one");

    let again = sealed(&world, "A", "one");
    assert_ne!(again, first);
    world
        .fake
        .apply("vaultsecrets", secrets("web", data(json!({"A": again}))));
    world.until_ready("vaultsecrets", "web").await;
    assert_eq!(version(&world, 0), 1);

    let other = sealed(&world, "A", "two");
    world
        .fake
        .apply("vaultsecrets", secrets("web", data(json!({"A": other}))));
    world
        .until("the second version", |_| version(&world, 0) == 2)
        .await;
    assert_eq!(world.value("A").await.unwrap().reveal(), b"two");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_of_another_place_is_refused_by_name_and_the_last_good_value_stays() {
    let world = with_vault(json!({})).await;
    let (good, other) = (sealed(&world, "A", "one"), sealed(&world, "B", "two"));
    let spec = data(json!({"A": good, "B": other}));
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_ready("vaultsecrets", "web").await;

    let mut far = place("default").secret("A".parse().unwrap());
    far.place.organization = "other".parse().unwrap();
    let spec = data(json!({"A": sealed_for(&world, &far, "stolen"), "B": sealed(&world, "B", "three")}));
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_reason("vaultsecrets", "web", "SealRefused").await;
    assert_eq!(
        world.message("vaultsecrets", "web"),
        "data.A.sealed: sealed for namespace other, and this is namespace team: seal the value anew for this place"
    );
    assert_eq!(world.value("A").await.unwrap().reveal(), b"one");
    assert_eq!(
        world.value("B").await.unwrap().reveal(),
        b"three",
        "the others go on"
    );
    world
        .until("the event", |fake| {
            let events = fake.list("events");
            events.iter().any(|event| event["reason"] == "SealRefused")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_recorded_once_however_often_it_is_met() {
    let mut world = with_vault(json!({})).await;
    let spec = data(json!({"A": sealed(&world, "B", "two"), "OTHER": {"external": {}}}));
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_reason("vaultsecrets", "web", "SealRefused").await;
    // It is looked at again after a start, and when one of its values is written.
    world.stop().await;
    world.start();
    world.put("OTHER", "by hand").await;
    world.until("another look", |_| version(&world, 1) == 1).await;
    let refused = world.recorded("secret.unseal").await;
    let refused: Vec<(&str, &Outcome)> = refused
        .iter()
        .map(|event| (event.target.as_str(), &event.outcome))
        .collect();
    assert_eq!(refused, [("coffer://team/app/default/A", &Outcome::Denied)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_due_is_replaced_and_the_older_one_still_opens() {
    let world = with_vault(json!({"keyRotation": {"every": "30d"}})).await;
    let old = public_key(&world).unwrap();
    let text = sealed(&world, "A", "one");
    world.advance(SignedDuration::from_hours(24 * 31));
    // The timer is the real one: a change has it look at the time.
    let spec = json!({"keyRotation": {"every": "30d"}, "environments": ["default", "staging"]});
    world.fake.apply("vaults", vault("app", spec));
    world
        .until("the second key", |_| {
            public_key(&world).is_some_and(|key| key != old)
        })
        .await;
    let status = world.fake.get("vaults", "team", "app").unwrap()["status"]["sealing"].clone();
    assert_eq!(
        (&status["count"], status["keys"].as_array().unwrap().len()),
        (&json!(2), 2)
    );
    assert_eq!(status["keys"][1]["id"], old.key.id().to_string());
    assert!(status["nextRotation"].is_string());
    world
        .fake
        .apply("vaultsecrets", secrets("web", data(json!({"A": text}))));
    world.until_ready("vaultsecrets", "web").await;
    assert_eq!(world.value("A").await.unwrap().reveal(), b"one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_rotated_through_an_api_is_shown() {
    let world = with_vault(json!({})).await;
    let old = public_key(&world).unwrap();
    let caller = coffer_domain::usecase::Caller::controller();
    let here = place("default");
    world
        .coffer
        .rotate_sealing_key(&caller, &here.organization, &here.vault, None)
        .await
        .unwrap();
    world
        .until("the new key", |_| {
            public_key(&world).is_some_and(|key| key != old)
        })
        .await;
}
