//! A replaced value or key goes when the last live pod has the new one: never under a pod that lags, never because of
//! one that is dead, and once, whoever is restarted in between.

use coffer_domain::{
    address::Version,
    usecase::{Caller, secrets::Written},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    consumers::{pod, receives},
    fake::Fake,
    world::{World, api_key, data, place, secrets, vault},
};

const TOKEN: &str = "ci/token";

/// A generated value whose rotation waits for two hours, and pods that have it.
async fn furnished(pods: &[&str]) -> (World, Vec<Value>) {
    let world = World::started().await;
    let access = json!({"access": [{"serviceAccounts": ["web"]}]});
    world.fake.apply("vaults", vault("app", access));
    let mut spec = data(json!({"A": {"generate": {"type": "hex"}}}));
    spec["rotation"] = json!({"every": "30d", "onlyAfterAck": true, "deadline": "2h"});
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_ready("vaultsecrets", "web").await;
    let pods = started(&world, pods).await;
    (world, pods)
}

async fn started(world: &World, names: &[&str]) -> Vec<Value> {
    let pods: Vec<Value> = names
        .iter()
        .map(|name| world.fake.apply("pods", pod(name)))
        .collect();
    for pod in &pods {
        receives(world, pod, true).await;
    }
    pods
}

async fn rotate(world: &World) -> Written {
    let address = place("default").secret("A".parse().unwrap());
    world
        .coffer
        .rotate_secret(&Caller::controller(), &address)
        .await
        .unwrap()
}

async fn reads(world: &World, name: &str, version: u64) -> bool {
    let address = place("default").secret(name.parse().unwrap());
    let version = Version::new(version);
    world
        .coffer
        .read_secret(&Caller::controller(), &address, version)
        .await
        .is_ok()
}

fn waiting(fake: &Fake) -> Vec<String> {
    let object = fake.get("vaultsecrets", "team", "web").unwrap();
    let first = &object["status"]["retiring"][0];
    assert!(first.is_null() || first["deadline"].is_string());
    let pods = first["waitingFor"].as_array().into_iter().flatten();
    pods.map(|pod| {
        assert!(pod["since"].is_string() && pod["version"] == 1, "{pod}");
        pod["pod"].as_str().unwrap().to_owned()
    })
    .collect()
}

fn is_over(fake: &Fake) -> bool {
    let object = fake.get("vaultsecrets", "team", "web").unwrap();
    object["status"]["retiring"].is_null()
}

fn told(fake: &Fake, reason: &str) -> Vec<String> {
    let events = fake.list("events");
    let told = events.iter().filter(|event| event["reason"] == reason);
    told.map(|event| event["note"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_names_who_lags_until_the_last_one_has_the_new_value() {
    let (world, pods) = furnished(&["web-1", "web-2"]).await;
    rotate(&world).await;
    world
        .until("both lag", |fake| waiting(fake) == ["web-1", "web-2"])
        .await;
    receives(&world, &pods[0], true).await;
    world.until("one lags", |fake| waiting(fake) == ["web-2"]).await;
    world
        .until("a column names it", |fake| {
            let object = fake.get("vaultsecrets", "team", "web").unwrap();
            let line = object["status"]["consumers"]["laggards"]
                .as_str()
                .unwrap_or_default();
            line.starts_with("web-2 since 2")
        })
        .await;
    assert!(reads(&world, "A", 1).await, "the value that web-2 has");
    receives(&world, &pods[1], true).await;
    world
        .until("it is told", |fake| !told(fake, "Retired").is_empty())
        .await;
    world.until("nothing waits", is_over).await;
    assert!(!reads(&world, "A", 1).await && reads(&world, "A", 2).await);
    world.settle().await;
    assert_eq!(
        told(&world.fake, "Retired"),
        ["A: version 1 is retired, no live pod lags behind version 2"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_dies_holds_nothing_up_even_if_nobody_saw_it() {
    for restarted in [false, true] {
        let (mut world, _) = furnished(&["web-1"]).await;
        rotate(&world).await;
        world.until("it lags", |fake| waiting(fake) == ["web-1"]).await;
        if restarted {
            world.kill();
            world.fake.delete("pods", "team", "web-1");
            world.start();
        } else {
            world.fake.delete("pods", "team", "web-1");
        }
        world.until("nothing waits", is_over).await;
        assert!(!reads(&world, "A", 1).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_outlives_a_restart_and_is_told_once() {
    let (mut world, _) = furnished(&["web-1"]).await;
    rotate(&world).await;
    world.until("it lags", |fake| waiting(fake) == ["web-1"]).await;
    world.kill();
    world.advance(SignedDuration::from_mins(121));
    world.start();
    world.until("nothing waits", is_over).await;
    assert!(!reads(&world, "A", 1).await);
    world.stop().await;
    world.start();
    world.settle().await;
    let told = told(&world.fake, "RetiredAtDeadline");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("before these had version 2: team/web-1 since 2"),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_rotation_comes_when_the_last_one_is_over() {
    let (mut world, pods) = furnished(&["web-1"]).await;
    world.fake.patch(
        "vaultsecrets",
        "team",
        "web",
        json!({"spec": {"rotation": {"every": "1h", "deadline": "90h"}}}),
        "kubectl",
    );
    world.until_ready("vaultsecrets", "web").await;
    let restart = async |world: &mut World| {
        world.stop().await;
        world.advance(SignedDuration::from_mins(61));
        world.start();
        world.settle().await;
    };
    restart(&mut world).await;
    world.until("it lags", |fake| waiting(fake) == ["web-1"]).await;
    restart(&mut world).await;
    assert_eq!(
        world.events("Rotated").len(),
        1,
        "the second one is due, and waits"
    );
    receives(&world, &pods[0], true).await;
    world
        .until("the second one", |fake| told(fake, "Rotated").len() == 2)
        .await;
    assert!(!reads(&world, "A", 1).await && reads(&world, "A", 2).await && reads(&world, "A", 3).await);
}

/// A key that pods receive, rotated once: the first token, and a pod that has it.
async fn rotated_key() -> (World, String, Vec<Value>) {
    let mut world = World::started().await;
    let access = json!({"access": [{"serviceAccounts": ["web"]}]});
    world.fake.apply("vaults", vault("app", access));
    let spec = json!({
        "vaultRef": {"name": "app"}, "scopes": ["secrets:read"], "writeTo": {"vaultKey": TOKEN},
        "rotation": {"every": "1h", "onlyAfterAck": true},
    });
    world.fake.apply("apikeys", api_key("ci", spec));
    world.until_ready("apikeys", "ci").await;
    let first = token(&world).await;
    let pods = started(&world, &["web-1"]).await;
    world.stop().await;
    world.advance(SignedDuration::from_mins(61));
    world.start();
    world
        .until("it waits for the pod", |fake| {
            let key = fake.get("apikeys", "team", "ci").unwrap();
            let line = key["status"]["previous"]["lagging"].as_str().unwrap_or_default();
            line.starts_with("web-1 since 2") && key["status"]["previous"]["waiting"] == 1
        })
        .await;
    assert_ne!(token(&world).await, first);
    (world, first, pods)
}

async fn token(world: &World) -> String {
    let value = world.value(TOKEN).await.unwrap();
    String::from_utf8(value.reveal().to_vec()).unwrap()
}

async fn works(world: &World, token: &str) -> bool {
    world.coffer.authenticate(token).await.is_ok()
}

fn no_previous(fake: &Fake) -> bool {
    let key = fake.get("apikeys", "team", "ci").unwrap();
    key["status"]["previous"].is_null()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_key_works_while_a_pod_lags_and_dies_when_it_has_the_new_one() {
    let (mut world, first, pods) = rotated_key().await;
    world.kill();
    world.advance(SignedDuration::from_hours(20));
    world.start();
    world.settle().await;
    assert!(works(&world, &first).await && works(&world, &token(&world).await).await);
    assert_eq!(world.events("Rotated").len(), 1, "further rotations wait");
    receives(&world, &pods[0], true).await;
    world
        .until("it is told", |fake| told(fake, "Retired").len() == 1)
        .await;
    assert!(!works(&world, &first).await, "dead with the Event");
    world
        .until("the next rotation, long due", |fake| {
            told(fake, "Rotated").len() == 2
        })
        .await;
    assert!(works(&world, &token(&world).await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_key_dies_with_the_pod_that_held_it_or_at_its_deadline() {
    let (world, first, _) = rotated_key().await;
    assert!(works(&world, &first).await);
    world.fake.delete("pods", "team", "web-1");
    world.until("no previous key", no_previous).await;
    assert!(!works(&world, &first).await);

    let (world, first, _) = rotated_key().await;
    world.advance(SignedDuration::from_hours(25));
    assert!(!works(&world, &first).await, "whether an operator runs or not");
}

#[tokio::test(flavor = "multi_thread")]
async fn force_ends_the_old_key_at_once() {
    let (mut world, first, _) = rotated_key().await;
    // Nobody but the API is needed for that.
    world.stop().await;
    let address = place("default").secret(TOKEN.parse().unwrap());
    let forced = world
        .coffer
        .force_rotation(&Caller::controller(), &address)
        .await
        .unwrap();
    assert_eq!(forced.meta.version.get(), 2);
    assert!(!works(&world, &first).await && works(&world, &token(&world).await).await);
    world.start();
    world.until("no previous key", no_previous).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_no_pod_received_is_replaced_without_waiting() {
    let mut world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    let spec = json!({
        "vaultRef": {"name": "app"}, "scopes": ["secrets:read"], "writeTo": {"vaultKey": TOKEN},
        "rotation": {"every": "1h", "onlyAfterAck": true},
    });
    world.fake.apply("apikeys", api_key("ci", spec));
    world.until_ready("apikeys", "ci").await;
    let first = token(&world).await;
    world.stop().await;
    world.advance(SignedDuration::from_mins(61));
    world.start();
    world
        .until("it is told", |fake| told(fake, "Retired").len() == 1)
        .await;
    assert!(!works(&world, &first).await && works(&world, &token(&world).await).await);
}
