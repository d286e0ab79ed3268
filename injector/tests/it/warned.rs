//! What authors are warned of: names that are not known, and rights that are not there.

use serde_json::json;

use crate::support::{inject, inject_with, injector_over, known, pod, says};

#[test]
fn unknown_names_are_warned_of_with_the_nearest() {
    let warnings = |annotations: &[(&str, &str)]| inject(&pod(annotations)).unwrap().warnings;
    assert!(warnings(&[("env", "DB_URL,PUB=SIGNING.pub")]).is_empty());
    says(
        &warnings(&[("env", "DB_ULR")])[0],
        &["coffer.dev/env", "DB_ULR", "did you mean \"DB_URL\"?"],
    );
    says(
        &warnings(&[("file.a", "tls.kye")])[0],
        &["coffer.dev/file.a", "did you mean \"tls.key\"?"],
    );
    says(
        &warnings(&[("file.a", "template: \"{{ API_TOKNE }}\"")])[0],
        &["coffer.dev/file.a", "API_TOKNE", "did you mean \"API_TOKEN\"?"],
    );
    says(
        &warnings(&[("env", "DB_URL"), ("vault", "apq")])[0],
        &["coffer.dev/vault", "no Vault apq", "did you mean \"app\"?"],
    );
    says(
        &warnings(&[("env", "DB_URL"), ("environment", "prodution")])[0],
        &[
            "coffer.dev/environment",
            "did you mean \"production\"?",
            "default, production",
        ],
    );
}

#[test]
fn a_slip_in_our_own_name_is_warned_of() {
    let mut slipped = pod(&[("env", "DB_URL")]);
    for (key, value) in [
        ("cofer.dev/mode", "exec"),
        ("coffer.dev.example/env", "x"),
        ("cofer.dev/other", "x"),
    ] {
        slipped["metadata"]["annotations"][key] = json!(value);
    }
    let warnings = inject(&slipped).unwrap().warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    says(
        &warnings[0],
        &["cofer.dev/mode", "no effect", "did you mean \"coffer.dev/mode\"?"],
    );
}

#[test]
fn what_the_rules_of_access_leave_out_is_warned_of() {
    let mut index = known();
    let narrow = json!({ "access": [
        { "serviceAccounts": ["web"], "keys": ["DB_*"] },
        { "serviceAccounts": ["strangers"], "namespaces": ["team-b"] },
    ] });
    let name = ("team-a".to_owned(), "app".to_owned());
    index.put_vault(name, &serde_json::from_value(narrow).unwrap());
    let injector = injector_over(index);
    let warnings = |account: &str| {
        let mut pod = pod(&[("env", "DB_URL,API_TOKEN")]);
        pod["spec"]["serviceAccountName"] = json!(account);
        inject_with(&injector, &pod).unwrap().warnings
    };
    let of_key = warnings("web");
    assert_eq!(of_key.len(), 1, "{of_key:?}");
    says(
        &of_key[0],
        &[
            "coffer.dev/env",
            "service account web read API_TOKEN",
            "spec.access",
        ],
    );
    says(
        &warnings("wbe")[0],
        &["service account wbe", "did you mean \"web\"?"],
    );
    let stranger = warnings("stranger");
    assert!(
        !stranger[0].contains("did you mean"),
        "of another namespace: {stranger:?}"
    );
}

#[test]
fn of_another_namespace_nothing_is_told() {
    let warnings = |annotations: &[(&str, &str)]| inject(&pod(annotations)).unwrap().warnings;
    // Granted: no word about which keys there are.
    assert!(warnings(&[("env", "HIDDNE"), ("vault", "team-b/private")]).is_empty());
    // Not granted, and not there: the same words.
    let mut stranger = pod(&[("env", "SHARED_KEY"), ("vault", "team-b/private")]);
    stranger["spec"]["serviceAccountName"] = json!("other");
    let there = inject(&stranger).unwrap().warnings;
    stranger["metadata"]["annotations"]["coffer.dev/vault"] = json!("team-b/nothing");
    let absent = inject(&stranger).unwrap().warnings;
    assert_eq!(
        there[0].replace("private", "X"),
        absent[0].replace("nothing", "X")
    );
    assert!(!there[0].contains("did you mean") && there.len() == 1 && absent.len() == 1);
}
