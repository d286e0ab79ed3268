//! Generated values rotate on schedule: exactly once, however many times were missed.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{World, data, secrets, vault};

fn spec(rotation: Value) -> Value {
    let mut spec = data(json!({"A": {"generate": {"type": "hex"}}, "B": {"generate": {"type": "hex"}}}));
    spec["rotation"] = rotation;
    spec
}

fn versions(object: &Value) -> Vec<u64> {
    object["status"]["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["version"].as_u64().unwrap())
        .collect()
}

async fn ready(rotation: Value) -> World {
    let world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply("vaultsecrets", secrets("web", spec(rotation)));
    world.until_ready("vaultsecrets", "web").await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_missed_while_the_operator_was_down_rotate_once() {
    for rotation in [
        json!({"every": "1h"}),
        json!({"schedule": "0 3 * * *", "timeZone": "Europe/Berlin"}),
    ] {
        let mut world = ready(rotation).await;
        let before = world.value("A").await.unwrap();
        world.stop().await;
        world.advance(SignedDuration::from_hours(100));
        world.start();
        world
            .until("the second versions", |fake| {
                versions(&fake.get("vaultsecrets", "team", "web").unwrap()) == [2, 2]
            })
            .await;
        world.settle().await;
        let object = world.fake.get("vaultsecrets", "team", "web").unwrap();
        assert_eq!(versions(&object), [2, 2], "once, not once each");
        assert_ne!(world.value("A").await.unwrap(), before);
        let next: jiff::Timestamp = object["status"]["nextRotation"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(next > world.now(), "{next}");
        let events = world.events("Rotated");
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["note"], "rotated A (version 2), B (version 2)");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timer_needs_no_help() {
    let world = ready(json!({"every": "1s"})).await;
    world
        .until("the third versions", |fake| {
            versions(&fake.get("vaultsecrets", "team", "web").unwrap()) >= vec![3, 3]
        })
        .await;
    let values: BTreeSet<String> = world
        .events("Rotated")
        .iter()
        .map(|it| it["note"].to_string())
        .collect();
    assert!(values.len() >= 2, "{values:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_rotates_before_its_time_whatever_else_happens() {
    let mut world = ready(json!({"every": "1h"})).await;
    world.advance(SignedDuration::from_mins(59));
    world.stop().await;
    world.start();
    world.fake.patch(
        "vaultsecrets",
        "team",
        "web",
        json!({"spec": {"deletionPolicy": "Retain"}}),
        "kubectl",
    );
    world.until_ready("vaultsecrets", "web").await;
    world.settle().await;
    assert_eq!(
        versions(&world.fake.get("vaultsecrets", "team", "web").unwrap()),
        [1, 1]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_by_hand_shows_in_the_status() {
    let world = ready(json!({"every": "1h"})).await;
    let address = crate::world::place("default").secret("A".parse().unwrap());
    world
        .coffer
        .rotate_secret(&coffer_domain::usecase::Caller::controller(), &address)
        .await
        .unwrap();
    world
        .until("it shows", |fake| {
            versions(&fake.get("vaultsecrets", "team", "web").unwrap()) == [2, 1]
        })
        .await;
    assert!(world.fake.get("vaultsecrets", "team", "web").unwrap()["status"]["lastRotation"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_gone_stops_no_rotation_and_loses_no_value() {
    let mut world = World::started().await;
    world.fake.apply("vaults", vault("app", json!({})));
    world.fake.apply("secrets", json!({"metadata": {"namespace": "team", "name": "db"}, "type": "Opaque", "data": {"p": "aHVudGVyMg=="}}));
    let mut spec = spec(json!({"every": "1h"}));
    spec["data"]["COPY"] = json!({"secretKeyRef": {"name": "db", "key": "p"}});
    world.fake.apply("vaultsecrets", secrets("web", spec));
    world.until_ready("vaultsecrets", "web").await;
    world.fake.delete("secrets", "team", "db");
    world.until_reason("vaultsecrets", "web", "SourceNotFound").await;
    world.stop().await;
    world.advance(SignedDuration::from_hours(2));
    world.start();
    world
        .until("the others rotate", |fake| {
            versions(&fake.get("vaultsecrets", "team", "web").unwrap()) == [2, 2, 1]
        })
        .await;
    assert_eq!(world.value("COPY").await.unwrap().reveal(), b"hunter2");
}
