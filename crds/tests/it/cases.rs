//! The table of `cases.yaml`: what is accepted goes through the Rust types unchanged, and what is refused is
//! refused with words that help.

use crate::support::{complaints, schema_of};
use coffer_crds::{ApiKey, Vault, VaultSecret};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Case {
    case: String,
    kind: String,
    name: Option<String>,
    before: Option<Value>,
    spec: Value,
    refused: Option<String>,
}

impl Case {
    fn object(&self, spec: &Value) -> Value {
        let name = self.name.as_deref().unwrap_or("app");
        json!({ "apiVersion": "coffer.dev/v1alpha1", "kind": self.kind, "metadata": { "name": name }, "spec": spec })
    }
}

fn cases() -> Vec<Case> {
    serde_saphyr::from_str(include_str!("../cases.yaml")).unwrap()
}

#[test]
fn the_schema_accepts_and_refuses_what_the_table_says() {
    for case in cases() {
        let before = case.before.as_ref().map(|spec| case.object(spec));
        let found = complaints(&case.kind, &mut case.object(&case.spec), before.as_ref());
        match &case.refused {
            None => assert!(found.is_empty(), "{}: {found:#?}", case.case),
            Some(words) => {
                assert!(
                    found.iter().any(|complaint| complaint.contains(words)),
                    "{}: {found:#?}",
                    case.case
                );
            }
        }
    }
}

#[test]
fn each_refusal_has_one_cause() {
    // A case that breaks several rules would still pass if one of them were lost.
    for case in cases().iter().filter(|case| case.refused.is_some()) {
        let before = case.before.as_ref().map(|spec| case.object(spec));
        let found = complaints(&case.kind, &mut case.object(&case.spec), before.as_ref());
        let fields: Vec<_> = found
            .iter()
            .filter_map(|complaint| complaint.split(':').next())
            .collect();
        let first = fields[0].trim_start_matches('.');
        assert!(
            fields.iter().all(|field| field.trim_start_matches('.') == first),
            "{}: {found:#?}",
            case.case
        );
    }
}

#[test]
fn every_rule_is_broken_by_some_case() {
    let mut unbroken = Vec::new();
    for kind in ["Vault", "VaultSecret", "ApiKey"] {
        let found: Vec<String> = cases()
            .iter()
            .filter(|case| case.kind == kind)
            .flat_map(|case| {
                let before = case.before.as_ref().map(|spec| case.object(spec));
                complaints(kind, &mut case.object(&case.spec), before.as_ref())
            })
            .collect();
        let mut messages = Vec::new();
        collect_messages(&schema_of(kind), &mut messages);
        assert!(!messages.is_empty());
        unbroken.extend(
            messages
                .into_iter()
                .filter(|message| !found.iter().any(|words| words.contains(message))),
        );
    }
    assert!(unbroken.is_empty(), "{unbroken:#?}");
}

fn collect_messages(schema: &Value, into: &mut Vec<String>) {
    let rules = schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten();
    into.extend(rules.map(|rule| rule["message"].as_str().unwrap().to_owned()));
    schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .for_each(|(_, child)| collect_messages(child, into));
    for key in ["items", "additionalProperties"] {
        if let Some(child) = schema.get(key) {
            collect_messages(child, into);
        }
    }
}

#[test]
fn what_is_accepted_passes_through_the_types_unchanged() {
    for case in cases().iter().filter(|case| case.refused.is_none()) {
        let mut object = case.object(&case.spec);
        complaints(&case.kind, &mut object, None);
        let through = match case.kind.as_str() {
            "Vault" => through::<Vault>(&object),
            "VaultSecret" => through::<VaultSecret>(&object),
            _ => through::<ApiKey>(&object),
        };
        assert_eq!(through, object, "{}", case.case);
    }
}

fn through<T: Serialize + DeserializeOwned>(object: &Value) -> Value {
    let typed: T = serde_json::from_value(object.clone()).unwrap();
    serde_json::to_value(typed).unwrap()
}
