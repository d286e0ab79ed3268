//! What an API server does with an object of ours before it stores it, as far as our schemas use it: null fields
//! are pruned, the structural schema is checked, then the CEL rules are evaluated. For tests, and for programs that
//! say without a cluster what it would say.

use std::collections::BTreeSet;

use kube_cel::Validator;
use regex::Regex;
use serde_json::{Map, Value};

use crate::{ApiKey, Vault, VaultSecret, definition};

/// The definition of a kind; `None` if it is not ours.
pub fn definition_of(kind: &str) -> Option<Value> {
    match kind {
        "Vault" => definition::<Vault>(),
        "VaultSecret" => definition::<VaultSecret>(),
        "ApiKey" => definition::<ApiKey>(),
        _ => return None,
    }
    .ok()
}

/// The schema of a kind; `None` if it is not ours.
pub fn schema_of(kind: &str) -> Option<Value> {
    let mut definition = definition_of(kind)?;
    Some(definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].take())
}

/// Every complaint about an object of a kind of ours; none: it is stored. `before` is what an update replaces. The
/// object is pruned of nulls.
pub fn complaints(kind: &str, object: &mut Value, before: Option<&Value>) -> Vec<String> {
    let Some(schema) = schema_of(kind) else {
        return vec![format!("kind: there is no kind {kind} in coffer.dev/v1alpha1")];
    };
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
        Some("boolean") => value.is_boolean(),
        _ => false,
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
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
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
    let pattern = schema["pattern"]
        .as_str()
        .and_then(|pattern| Regex::new(pattern).ok());
    if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
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
    let Some(number) = number.as_i64() else { return };
    let (least, most) = (&schema["minimum"], &schema["maximum"]);
    if least.as_i64().is_some_and(|least| number < least) {
        found.push(format!("{path}: should be greater than or equal to {least}"));
    }
    if most.as_i64().is_some_and(|most| number > most) {
        found.push(format!("{path}: should be less than or equal to {most}"));
    }
}

fn check_count(schema: &Value, bounds: [&str; 2], count: usize, path: &str, found: &mut Vec<String>) {
    let bound = |name: &str| {
        schema[name]
            .as_u64()
            .and_then(|bound| usize::try_from(bound).ok())
    };
    if bound(bounds[0]).is_some_and(|least| count < least)
        || bound(bounds[1]).is_some_and(|most| count > most)
    {
        found.push(format!(
            "{path}: {count} is not between {} and {}",
            schema[bounds[0]], schema[bounds[1]]
        ));
    }
}
