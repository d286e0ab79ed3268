use serde_json::{Value, json};

use super::*;

fn identity() -> Identity {
    Identity {
        kind: "VaultSecret",
        namespace: "team".into(),
        name: "web".into(),
        uid: "u1".into(),
    }
}

fn meta(value: Value) -> ObjectMeta {
    serde_json::from_value(value).unwrap()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "json! literals are passed as they are"
)]
fn owned(owner: Value) -> bool {
    is_controlled_by(&meta(json!({"ownerReferences": [owner]})), &identity())
}

#[test]
fn only_a_secret_that_this_very_object_controls_is_ours() {
    let owner = |kind: &str, uid: &str, controller: Value| json!({"apiVersion": "coffer.dev/v1alpha1", "kind": kind, "name": "web", "uid": uid, "controller": controller});
    assert!(owned(owner("VaultSecret", "u1", json!(true))));
    assert!(
        !owned(owner("VaultSecret", "u0", json!(true))),
        "an earlier object of the same name"
    );
    assert!(
        !owned(owner("VaultSecret", "u1", json!(false))),
        "an owner that does not control"
    );
    assert!(!owned(owner("VaultSecret", "u1", Value::Null)));
    assert!(!owned(owner("ApiKey", "u1", json!(true))), "another kind");
    assert!(!is_controlled_by(&meta(json!({})), &identity()), "nobody's");
    // A label says nothing: anyone can write one.
    assert!(!is_controlled_by(
        &meta(json!({"labels": {MANAGED_BY: "VaultSecret"}})),
        &identity()
    ));
}

fn fields(entries: &[(&str, &[&str])]) -> ObjectMeta {
    let entry = |(manager, keys): &(&str, &[&str])| {
        let data: Map<String, Value> = keys
            .iter()
            .map(|key| (format!("f:{key}"), json!({})))
            .chain([(".".to_owned(), json!({}))])
            .collect();
        json!({"manager": manager, "operation": "Update", "fieldsV1": {"f:data": data, "f:type": {}}})
    };
    meta(json!({"managedFields": entries.iter().map(entry).collect::<Vec<_>>()}))
}

#[test]
fn an_edit_by_another_is_seen_in_the_metadata_alone() {
    assert!(holds(&fields(&[(MANAGER, &["a", "b"])]), ["a", "b"]));
    assert!(
        !holds(
            &fields(&[(MANAGER, &["a"]), ("kubectl-edit", &["b"])]),
            ["a", "b"]
        ),
        "b was edited"
    );
    assert!(!holds(&fields(&[(MANAGER, &["a"])]), ["a", "b"]), "b was removed");
    assert!(
        holds(&fields(&[(MANAGER, &["a"]), ("kubectl", &["extra"])]), ["a"]),
        "extra keys are not ours to judge"
    );
    assert!(
        holds(&meta(json!({})), ["a"]),
        "without a record there is nothing to go by"
    );
}

#[test]
fn keys_we_wrote_once_are_taken_back_and_foreign_ones_stay() {
    let present = fields(&[(MANAGER, &["old", "kept"]), ("kubectl", &["theirs"])]);
    assert_eq!(
        our_keys(&present).into_iter().collect::<Vec<_>>(),
        ["kept", "old"]
    );
}
