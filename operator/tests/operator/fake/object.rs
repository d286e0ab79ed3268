//! What an API server does to one object.

use serde_json::{Map, Value, json};

/// RFC 7396.
pub fn merge(target: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in patch {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(key);
        } else {
            merge(&mut target[key], value);
        }
    }
}

/// Who was the last to write which key of a Secret's data.
pub fn own_fields(before: &Value, after: &mut Value, manager: &str) {
    let empty = Map::new();
    let (old, new) = (
        before["data"].as_object().unwrap_or(&empty),
        after["data"].as_object().unwrap_or(&empty),
    );
    let changed: Vec<String> = new
        .keys()
        .filter(|key| old.get(*key) != new.get(*key))
        .cloned()
        .collect();
    let gone: Vec<String> = old
        .keys()
        .filter(|key| !new.contains_key(*key))
        .cloned()
        .collect();
    let mut entries = before["metadata"]["managedFields"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for key in changed.iter().chain(&gone) {
        for entry in &mut entries {
            if let Some(fields) = entry["fieldsV1"]["f:data"].as_object_mut() {
                fields.remove(&format!("f:{key}"));
            }
        }
    }
    let at = entries.iter().position(|entry| entry["manager"] == manager).unwrap_or_else(|| {
        entries.push(json!({"manager": manager, "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {}}}));
        entries.len() - 1
    });
    for key in changed {
        entries[at]["fieldsV1"]["f:data"][format!("f:{key}")] = json!({});
    }
    after["metadata"]["managedFields"] = entries.into();
}

pub fn finalizers(object: &Value) -> usize {
    object["metadata"]["finalizers"].as_array().map_or(0, Vec::len)
}

pub fn has_label(object: &Value, key: &str, value: &str) -> bool {
    object["metadata"]["labels"][key] == value
}
