use std::collections::BTreeMap;

use coffer_domain::{
    address::Version,
    entity::{Owner, Secret},
    id::{SecretId, VaultId},
    metadata::Metadata,
    name::EnvName,
    secret_value::SecretValue,
    succession::Succession,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "json! literals are passed as they are"
)]
fn spec(data: Value, rotation: Value) -> VaultSecretSpec {
    let mut spec = json!({"vaultRef": {"name": "app"}, "data": data});
    if !rotation.is_null() {
        spec["rotation"] = rotation;
    }
    serde_json::from_value(spec).unwrap()
}

fn world(now: &str) -> World {
    let owner = Owner {
        kind: "VaultSecret".into(),
        name: "team/web".into(),
        uid: "u1".into(),
    };
    World {
        now: at(now),
        owner,
        may_have_left: false,
        copies: BTreeMap::new(),
        stored: BTreeMap::new(),
        remotes: crate::vault_secret::remote::Remotes::default(),
    }
}

fn stored(name: &str, version: u64, updated: &str) -> (String, Secret) {
    let version = Version::new(version).unwrap();
    let secret = Secret {
        id: SecretId::from_bytes([1; 16]),
        vault: VaultId::from_bytes([2; 16]),
        environment: EnvName::default_environment(),
        name: name.parse().unwrap(),
        current: Some(version),
        latest: version,
        generator: Some(Generator::Uuid),
        owner: None,
        metadata: None,
        trashed: None,
        created_at: at(updated),
        updated_at: at(updated),
        revision: 1,
    };
    (name.to_owned(), secret)
}

fn rotating(rotation: Value, stored_at: &[(&str, &str)], now: &str) -> Vec<String> {
    let data = json!({"A": {"generate": {"type": "uuid"}}, "B": {"generate": {"type": "uuid"}}});
    let mut world = world(now);
    world.stored = stored_at
        .iter()
        .map(|(name, updated)| stored(name, 1, updated))
        .collect();
    let decision = decide(&spec(data, rotation), &world).unwrap();
    decision.rotating.iter().map(ToString::to_string).collect()
}

#[test]
fn the_next_rotation_waits_until_the_last_one_is_over() {
    let data = json!({"A": {"generate": {"type": "uuid"}}, "B": {"external": {}}});
    let spec = spec(
        data,
        json!({"every": "1h", "onlyAfterAck": true, "deadline": "2h"}),
    );
    let mut world = world("2026-01-01T05:00:00Z");
    world.stored = [stored("A", 2, "2026-01-01T00:00:00Z")].into();
    let due = decide(&spec, &world).unwrap();
    assert_eq!((due.rotating.len(), due.settles), (1, true));
    let patience: Vec<_> = due.declaration.keys.iter().map(|key| key.patience).collect();
    assert_eq!(
        patience,
        [Some(Duration::from_hours(2)), None],
        "generated values alone"
    );
    let secret = world.stored.get_mut("A").unwrap();
    let succession = Succession::new(Duration::from_hours(2)).after_write(Some(Version::FIRST), world.now);
    secret.metadata = Metadata::with_succession(None, Some(succession));
    assert!(decide(&spec, &world).unwrap().rotating.is_empty());
}

#[test]
fn rotation_is_due_when_the_oldest_value_is() {
    let hourly = || json!({"every": "1h"});
    let nightly = || json!({"schedule": "0 3 * * *", "timeZone": "Europe/Berlin"});
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z");
    for (rotation, stored_at, now, expected) in [
        (Value::Null, vec![("A", early)], "2027-01-01T00:00:00Z", vec![]),
        (hourly(), vec![], "2026-01-01T00:00:00Z", vec![]),
        (hourly(), vec![("A", early)], "2026-01-01T00:59:59Z", vec![]),
        (hourly(), vec![("A", early)], "2026-01-01T01:00:00Z", vec!["A"]),
        (
            hourly(),
            vec![("A", early), ("B", late)],
            "2026-01-01T01:00:00Z",
            vec!["A", "B"],
        ),
        (hourly(), vec![("A", early)], "2026-06-01T00:00:00Z", vec!["A"]),
        (nightly(), vec![("A", early)], "2026-01-01T01:59:59Z", vec![]),
        (nightly(), vec![("A", early)], "2026-01-01T02:00:00Z", vec!["A"]),
    ] {
        assert_eq!(
            rotating(rotation.clone(), &stored_at, now),
            expected,
            "{rotation} {stored_at:?} {now}"
        );
    }
}

#[test]
fn the_next_rotation_counts_from_the_oldest_value_as_it_then_stands() {
    let spec = spec(
        json!({"A": {"generate": {"type": "uuid"}}, "B": {"external": {}}}),
        json!({"every": "1h"}),
    );
    let schedule = schedule::parse(spec.rotation.as_ref().unwrap().timing()).unwrap();
    let state = |name: &str, version: u64, changed: &str| KeyState {
        name: name.parse().unwrap(),
        version: Version::new(version),
        changed_at: Some(at(changed)),
        env_file_unfit: None,
    };
    let states = [
        state("A", 3, "2026-01-01T00:00:00Z"),
        state("B", 9, "2020-01-01T00:00:00Z"),
    ];
    let expected = at("2026-01-01T00:00:00Z") + SignedDuration::from_hours(1);
    assert_eq!(
        next_rotation(&spec, &schedule, &states),
        Some(expected),
        "external values do not count"
    );
    assert_eq!(last_rotation(&spec, &states), Some(at("2026-01-01T00:00:00Z")));
    assert_eq!(
        last_rotation(&spec, &[state("A", 1, "2026-01-01T00:00:00Z")]),
        None,
        "a first value is no rotation"
    );
}

#[test]
fn each_source_becomes_what_the_store_is_told() {
    let data = json!({
        "COPY": {"secretKeyRef": {"name": "db", "key": "p"}},
        "LOST": {"secretKeyRef": {"name": "gone", "key": "p"}},
        "OUTSIDE": {"external": {}},
        "PAIR": {"generate": {"type": "keyPair", "algorithm": "ecdsaP256"}},
        "PLAIN": {"generate": {"type": "password", "length": 12, "alphabet": "symbols"}},
    });
    let mut world = world("2026-01-01T00:00:00Z");
    let missing = Problem::waiting(reason::SOURCE_NOT_FOUND, "data.LOST: no such Secret");
    world.copies.insert("COPY".into(), Ok(SecretValue::from("x")));
    world.copies.insert("LOST".into(), Err(missing.clone()));
    let decision = decide(&spec(data, Value::Null), &world).unwrap();
    let sources: Vec<String> = decision
        .declaration
        .keys
        .iter()
        .map(|key| format!("{:?}", key.source))
        .collect();
    assert_eq!(
        sources,
        [
            "Copy(<redacted>)",
            "Keep",
            "External",
            "Generate(KeyPair { algorithm: EcdsaP256 })",
            "Generate(Password { length: 12, alphabet: Symbols })",
        ]
    );
    assert_eq!(
        decision.problem,
        Some(missing),
        "the others are declared all the same"
    );
    assert!(decision.declaration.delete_removed, "an absent policy is Delete");
}
