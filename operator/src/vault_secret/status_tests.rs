use coffer_crds::{Consumers, SyncedSecret};
use coffer_domain::address::Version;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde_json::json;

use super::*;

fn object(status: Option<VaultSecretStatus>) -> VaultSecret {
    let mut object: VaultSecret = serde_json::from_value(json!({
        "apiVersion": "coffer.dev/v1alpha1", "kind": "VaultSecret",
        "metadata": {"namespace": "team", "name": "web", "generation": 4},
        "spec": {"vaultRef": {"name": "app"}, "data": {"A": {"external": {}}}},
    }))
    .unwrap();
    object.status = status;
    object
}

fn state(unfit: Option<&str>) -> KeyState {
    KeyState {
        name: "A".parse().unwrap(),
        version: Version::new(2),
        changed_at: Some("2026-01-01T00:00:00.123456Z".parse().unwrap()),
        env_file_unfit: unfit.map(str::to_owned),
    }
}

fn outcome(synced: Option<Result<SyncedSecret, Problem>>) -> Outcome {
    Outcome {
        states: vec![state(None)],
        next_rotation: None,
        retiring: Vec::new(),
        last_rotation: None,
        problem: None,
        remotes: BTreeMap::new(),
        report: None,
        synced,
    }
}

fn now() -> Time {
    seconds("2026-02-02T00:00:00Z".parse().unwrap())
}

fn reasons(conditions: &[Condition]) -> Vec<(&str, &str, &str)> {
    conditions
        .iter()
        .map(|it| (it.type_.as_str(), it.status.as_str(), it.reason.as_str()))
        .collect()
}

#[test]
fn all_in_place_is_ready() {
    let object = object(None);
    let status = next(&object, &VaultSecretStatus::default(), Ok(outcome(None)), &now());
    assert_eq!(status.observed_generation, Some(4));
    assert_eq!((status.key_count, status.keys[0].version), (Some(1), Some(2)));
    let changed = serde_json::to_value(&status.keys[0].changed).unwrap();
    assert_eq!(
        changed, "2026-01-01T00:00:00Z",
        "whole seconds, as they are read back"
    );
    assert_eq!(
        reasons(&status.conditions),
        [
            ("Ready", "True", "Reconciled"),
            ("Reconciling", "False", "Reconciled"),
            ("Stalled", "False", "Reconciled"),
            ("EnvFileCompatible", "True", "EveryValueFits"),
        ]
    );
}

#[test]
fn a_mirror_that_cannot_be_kept_is_not_ready_and_what_was_mirrored_is_remembered() {
    let former = SyncedSecret {
        name: "mirror".into(),
        uid: Some("u".into()),
    };
    let old = VaultSecretStatus {
        synced_secret: Some(former.clone()),
        ..VaultSecretStatus::default()
    };
    let problem = Problem::stalled(reason::SECRET_NOT_OURS, "Secret mirror exists");
    let status = next(
        &object(Some(old.clone())),
        &old,
        Ok(outcome(Some(Err(problem)))),
        &now(),
    );
    assert_eq!(status.synced_secret, Some(former));
    let shown = reasons(&status.conditions);
    assert_eq!(shown[0], ("Ready", "False", "SecretNotOurs"));
    assert_eq!(shown[3], ("Synced", "False", "SecretNotOurs"));
}

#[test]
fn a_halt_keeps_what_was_known_and_never_touches_consumers() {
    let consumers = Some(Consumers::new(1, 2));
    let good = Ok(SyncedSecret {
        name: "mirror".into(),
        uid: None,
    });
    let first = VaultSecretStatus {
        consumers: consumers.clone(),
        ..VaultSecretStatus::default()
    };
    let before = next(&object(None), &first, Ok(outcome(Some(good))), &now());
    assert_eq!(before.consumers, consumers);
    let problem = Problem::waiting(reason::VAULT_NOT_FOUND, "there is no Vault app");
    let after = next(&object(None), &before, Err(problem), &now());
    assert_eq!(
        (&after.keys, &after.consumers, &after.synced_secret),
        (&before.keys, &consumers, &before.synced_secret)
    );
    let shown = reasons(&after.conditions);
    assert_eq!(shown[0], ("Ready", "False", "VaultNotFound"));
    assert!(shown.contains(&("Synced", "True", "SecretSynced")));
    assert!(shown.contains(&("EnvFileCompatible", "True", "EveryValueFits")));
}

#[test]
fn the_same_again_is_equal() {
    let object = object(None);
    let first = next(&object, &VaultSecretStatus::default(), Ok(outcome(None)), &now());
    let later = seconds("2026-03-03T00:00:00Z".parse().unwrap());
    assert_eq!(next(&object, &first, Ok(outcome(None)), &later), first);
}

#[test]
fn unfit_values_are_named_with_every_way_out() {
    let draft = env_file(&[state(Some("it is empty"))]);
    let shown = condition::merge(&[], vec![draft], Some(1), &now());
    assert_eq!(shown[0].status, "False");
    assert_eq!(
        shown[0].message,
        format!("an env file cannot carry A: it is empty; {WAYS_OUT}")
    );
}

#[test]
fn who_holds_a_value_up_is_named_and_the_rest_are_counted() {
    let laggard = |number: usize| coffer_domain::succession::Laggard {
        namespace: "team".into(),
        pod: format!("web-{number}"),
        pod_uid: format!("u{number}"),
        holds: Version::new(1),
        since: "2026-01-01T00:00:00.5Z".parse().unwrap(),
    };
    let waiting = Succeeding {
        name: "A".parse().unwrap(),
        current: Version::new(2).unwrap(),
        oldest: Version::FIRST,
        since: "2026-01-01T00:00:00.5Z".parse().unwrap(),
        deadline: "2026-01-02T00:00:00.5Z".parse().unwrap(),
        laggards: (0..20).map(laggard).collect(),
        retired: None,
    };
    let mut outcome = outcome(None);
    outcome.retiring = vec![waiting];
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    for (now, again) in [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"),
        ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00.5Z"),
    ] {
        assert_eq!(outcome.wake(at(now)), Some(at(again)));
    }
    let status = next(&object(None), &VaultSecretStatus::default(), Ok(outcome), &now());
    let shown = serde_json::to_value(&status.retiring).unwrap();
    assert_eq!(
        (&shown[0]["version"], &shown[0]["waiting"]),
        (&json!(1), &json!(20))
    );
    assert_eq!(shown[0]["waitingFor"].as_array().unwrap().len(), 8);
    assert_eq!(
        shown[0]["waitingFor"][0],
        json!({"namespace": "team", "pod": "web-0", "version": 1, "since": "2026-01-01T00:00:00Z"})
    );
}
