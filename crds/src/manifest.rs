//! The `CustomResourceDefinitions`, from the types: one JSON value and one YAML text for each kind.

use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use crate::{ApiKey, Vault, VaultSecret, common::NOT_OBSERVED, rule::rules, yaml};

/// A generated manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// File name, such as `vaults.yaml`.
    pub file: String,
    /// The `CustomResourceDefinition` as YAML.
    pub yaml: String,
}

/// The manifests of every kind, as they are installed.
pub fn manifests() -> Result<Vec<Manifest>, serde_json::Error> {
    Ok(vec![
        manifest::<Vault>()?,
        manifest::<VaultSecret>()?,
        manifest::<ApiKey>()?,
    ])
}

fn manifest<T: CustomResourceExt>() -> Result<Manifest, serde_json::Error> {
    let text = yaml::document(&definition::<T>()?);
    let yaml = format!("# Generated from crds/src by `cargo xtask generate`; changes here are lost.\n{text}");
    Ok(Manifest {
        file: format!("{}.yaml", T::api_resource().plural),
        yaml,
    })
}

/// The `CustomResourceDefinition` of a kind, as it is installed.
pub fn definition<T: CustomResourceExt>() -> Result<Value, serde_json::Error> {
    let mut crd = serde_json::to_value(T::crd())?;
    for version in crd
        .pointer_mut("/spec/versions")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(schema) = version.pointer_mut("/schema/openAPIV3Schema") {
            tidy(schema);
            not_looked_at(schema);
            if T::api_resource().kind == "Vault" {
                schema["x-kubernetes-validations"] = vault_name_rules();
            }
        }
    }
    Ok(crd)
}

/// Others refer to a vault in places that hold no more than a label: annotations, addresses, file names.
fn vault_name_rules() -> Value {
    rules(&[(
        "self.metadata.name.size() <= 63 && !self.metadata.name.contains('.')",
        "a Vault's metadata.name must have at most 63 characters and no dots: it is a part of addresses",
    )])
}

/// An object that the operator has not come to says so from its first moment on: without a status, kstatus (and with it
/// Flux) takes an object to be done. The one default there is, and none of what a user writes.
fn not_looked_at(schema: &mut Value) {
    if let Some(status) = schema.pointer_mut("/properties/status") {
        status["default"] = json!({"observedGeneration": NOT_OBSERVED});
    }
}

/// Removes what the derived schema says beyond our meaning: `nullable`, since an explicit null is best pruned
/// by the API server and so means absent; and integer formats that Kubernetes does not know and warns about.
fn tidy(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    object.remove("nullable");
    if object
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|format| format.starts_with("uint"))
    {
        object.remove("format");
        object.entry("minimum").or_insert(json!(0));
    }
    // kubectl explain wraps lines itself and keeps ours, so ours may only end paragraphs.
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text
            .split("\n\n")
            .map(|paragraph| paragraph.replace('\n', " "))
            .collect::<Vec<_>>()
            .join("\n\n");
    }
    for key in ["minimum", "maximum"] {
        if let Some(whole) = object.get(key).and_then(Value::as_f64).and_then(whole) {
            object.insert(key.to_owned(), whole.into());
        }
    }
    let properties = object.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(Map::values_mut).for_each(tidy);
    for key in ["items", "additionalProperties"] {
        if let Some(child) = object.get_mut(key) {
            tidy(child);
        }
    }
}

/// The integer that a float stands for: `4096.0` is no way to write a limit.
fn whole(float: f64) -> Option<i64> {
    if float.fract() == 0.0 {
        format!("{float:.0}").parse().ok()
    } else {
        None
    }
}
