//! The index follows what is watched.

use std::collections::BTreeSet;

use coffer_crds::{Vault, VaultSecret};
use coffer_injector::{annotation, health::Health, known::Index, watch, wish::Wish};
use futures::stream;
use kube::{
    core::DeserializeGuard,
    runtime::watcher::{Error, Event},
};
use parking_lot::RwLock;
use serde_json::{Value, json};

fn secret(name: &str, vault: &str, keys: &[&str]) -> DeserializeGuard<VaultSecret> {
    let data: serde_json::Map<String, Value> = keys
        .iter()
        .map(|key| ((*key).to_owned(), json!({ "external": {} })))
        .collect();
    object(
        &json!({ "vaultRef": { "name": vault }, "data": data }),
        "VaultSecret",
        name,
    )
}

fn object<K: serde::de::DeserializeOwned + kube::Resource>(
    spec: &Value,
    kind: &str,
    name: &str,
) -> DeserializeGuard<K>
where
    DeserializeGuard<K>: serde::de::DeserializeOwned,
{
    serde_json::from_value(json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": kind, "metadata": { "namespace": "team-a", "name": name }, "spec": spec,
    }))
    .unwrap()
}

fn wish() -> Wish {
    let json =
        r#"{"annotations":{"coffer.dev/inject":"true","coffer.dev/vault":"app","coffer.dev/env":"A"}}"#;
    annotation::parse(&serde_json::from_str(json).unwrap(), "team-a").unwrap()
}

async fn keys_after(events: Vec<Event<DeserializeGuard<VaultSecret>>>) -> BTreeSet<String> {
    let (index, health) = (RwLock::new(Index::default()), Health::default());
    watch::follow(stream::iter(events.into_iter().map(Ok)), &index, &health).await;
    index
        .into_inner()
        .keys(&wish())
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn names(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[tokio::test]
async fn keys_come_change_and_go() {
    let all = || {
        vec![
            Event::Init,
            Event::InitApply(secret("a", "app", &["A", "B"])),
            Event::InitApply(secret("b", "app", &["B", "C"])),
            Event::InitDone,
        ]
    };
    assert_eq!(keys_after(all()).await, names(&["A", "B", "C"]));
    let with = |event| all().into_iter().chain([event]).collect::<Vec<_>>();
    assert_eq!(
        keys_after(with(Event::Apply(secret("b", "app", &["D"])))).await,
        names(&["A", "B", "D"])
    );
    assert_eq!(
        keys_after(with(Event::Apply(secret("b", "other", &["C"])))).await,
        names(&["A", "B"])
    );
    assert_eq!(
        keys_after(with(Event::Delete(secret("a", "app", &["A", "B"])))).await,
        names(&["B", "C"])
    );
}

#[tokio::test]
async fn a_new_list_forgets_what_is_not_in_it() {
    let list = |objects: Vec<DeserializeGuard<VaultSecret>>| {
        let applied = objects.into_iter().map(Event::InitApply);
        [Event::Init]
            .into_iter()
            .chain(applied)
            .chain([Event::InitDone])
            .collect::<Vec<_>>()
    };
    let mut events = list(vec![secret("a", "app", &["A"]), secret("b", "app", &["B"])]);
    events.extend(list(vec![secret("b", "app", &["B"])]));
    assert_eq!(keys_after(events).await, names(&["B"]));
}

#[tokio::test]
async fn an_object_that_does_not_parse_hides_no_other() {
    let bad: DeserializeGuard<VaultSecret> = object(&json!({ "vaultRef": 1 }), "VaultSecret", "bad");
    assert!(bad.0.is_err());
    let events = vec![
        Event::Init,
        Event::InitApply(bad),
        Event::InitApply(secret("a", "app", &["A"])),
        Event::InitDone,
    ];
    assert_eq!(keys_after(events).await, names(&["A"]));
}

#[tokio::test]
async fn readiness_waits_for_the_first_list_and_survives_a_broken_watch() {
    let (index, health) = (RwLock::new(Index::default()), Health::default());
    let broken = || Err(Error::NoResourceVersion);
    watch::follow::<Vault>(stream::iter(vec![broken()]), &index, &health).await;
    assert!(
        health.report().contains("vaults: cannot watch vaults"),
        "{}",
        health.report()
    );
    let vault = object(&json!({ "environments": ["default"] }), "Vault", "app");
    let events = vec![
        Ok(Event::Init),
        Ok(Event::InitApply(vault)),
        Ok(Event::InitDone),
        broken(),
    ];
    watch::follow::<Vault>(stream::iter(events), &index, &health).await;
    assert!(health.report().contains("vaults: ok"), "{}", health.report());
    assert!(index.read().vault("team-a", "app").is_some());
    watch::follow::<Vault>(
        stream::iter(vec![Ok(Event::Init), Ok(Event::InitDone)]),
        &index,
        &health,
    )
    .await;
    assert!(index.read().vault("team-a", "app").is_none());
}
