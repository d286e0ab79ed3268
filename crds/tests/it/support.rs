//! What an API server does with an object before it stores it, as far as our schemas use it: null fields are
//! pruned, the structural schema is checked, then the CEL rules are evaluated.

use std::collections::BTreeSet;

use coffer_crds::{ApiKey, Vault, VaultSecret, definition};
use kube::core::cel::Validator;
use regex::Regex;
use serde_json::{Map, Value};

/// The definition of a kind.
pub fn definition_of(kind: &str) -> Value {
    match kind {
        "Vault" => definition::<Vault>(),
        "VaultSecret" => definition::<VaultSecret>(),
        "ApiKey" => definition::<ApiKey>(),
        other => panic!("no kind {other}"),
    }
    .unwrap()
}

/// The schema of a kind.
pub fn schema_of(kind: &str) -> Value {
    definition_of(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"].take()
}

/// Every complaint about an object; none: it is stored. The object is pruned of nulls.
pub fn complaints(kind: &str, object: &mut Value, before: Option<&Value>) -> Vec<String> {
    let schema = schema_of(kind);
    prune_nulls(object);
    let mut found = Vec::new();
    check(&schema, object, "", &mut found);
    if let Err(errors) = Validator::new().validate(&schema, object, before) {
        found.extend(
            errors
                .into_vec()
                .into_iter()
                .map(|error| format!("{}: {}", error.field_path, error.message)),
        );
    }
    found
}

fn prune_nulls(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, child| !child.is_null());
        object.values_mut().for_each(prune_nulls);
    }
}

/// Checks a value against a structural schema. Fields of `metadata` and the like have no schema.
fn check(schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        other => panic!("{path}: a schema of type {other:?}"),
    };
    if !fits {
        return found.push(format!("{path}: must be of type {}", schema["type"]));
    }
    match value {
        Value::Object(fields) => check_object(schema, fields, path, found),
        Value::Array(items) => check_array(schema, items, path, found),
        Value::String(text) => check_text(schema, text, path, found),
        number => check_number(schema, number, path, found),
    }
}

fn check_object(schema: &Value, fields: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    check_count(
        schema,
        ["minProperties", "maxProperties"],
        fields.len(),
        path,
        found,
    );
    for name in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if !fields.contains_key(name) {
            found.push(format!("{path}.{name}: Required value"));
        }
    }
    for (name, child) in fields {
        let child_schema = schema["properties"]
            .get(name)
            .or_else(|| schema.get("additionalProperties"));
        match child_schema {
            Some(child_schema) => check(child_schema, child, &format!("{path}.{name}"), found),
            None if path.is_empty() => {}
            None => found.push(format!("{path}.{name}: unknown field")),
        }
    }
}

fn check_array(schema: &Value, items: &[Value], path: &str, found: &mut Vec<String>) {
    check_count(schema, ["minItems", "maxItems"], items.len(), path, found);
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        check(&schema["items"], item, &path, found);
        if schema["x-kubernetes-list-type"] == "set" && !seen.insert(item.to_string()) {
            found.push(format!("{path}: Duplicate value"));
        }
    }
}

fn check_text(schema: &Value, text: &str, path: &str, found: &mut Vec<String>) {
    check_count(
        schema,
        ["minLength", "maxLength"],
        text.chars().count(),
        path,
        found,
    );
    if schema["pattern"]
        .as_str()
        .is_some_and(|pattern| !Regex::new(pattern).unwrap().is_match(text))
    {
        found.push(format!("{path}: should match {}", schema["pattern"]));
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|allowed| !allowed.contains(&text.into()))
    {
        found.push(format!("{path}: Unsupported value {text}"));
    }
}

fn check_number(schema: &Value, number: &Value, path: &str, found: &mut Vec<String>) {
    if schema["minimum"]
        .as_i64()
        .is_some_and(|least| number.as_i64().unwrap() < least)
    {
        found.push(format!(
            "{path}: should be greater than or equal to {}",
            schema["minimum"]
        ));
    }
    if schema["maximum"]
        .as_i64()
        .is_some_and(|most| number.as_i64().unwrap() > most)
    {
        found.push(format!(
            "{path}: should be less than or equal to {}",
            schema["maximum"]
        ));
    }
}

fn check_count(schema: &Value, bounds: [&str; 2], count: usize, path: &str, found: &mut Vec<String>) {
    let bound = |name: &str| schema[name].as_u64().map(|bound| usize::try_from(bound).unwrap());
    if bound(bounds[0]).is_some_and(|least| count < least)
        || bound(bounds[1]).is_some_and(|most| count > most)
    {
        found.push(format!(
            "{path}: {count} is not between {} and {}",
            schema[bounds[0]], schema[bounds[1]]
        ));
    }
}
