//! Writing a status: only what differs, as one merge patch, and nothing when nothing does.

use coffer_crds::condition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{
    Api, Resource,
    api::{Patch, PatchParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{failure::Failure, fresh::Fresh};

/// Our field manager.
pub const MANAGER: &str = "coffer-operator";

/// The merge patch that turns `old` into `new`; `None` when they are equal. Lists are replaced as a whole.
pub fn difference(old: &Value, new: &Value) -> Option<Value> {
    let empty = Map::new();
    let old = old.as_object().unwrap_or(&empty);
    let new = new.as_object().unwrap_or(&empty);
    let mut patch = Map::new();
    for (key, value) in new {
        match old.get(key) {
            Some(present) if present == value => {}
            Some(present) if present.is_object() && value.is_object() => {
                patch.extend(difference(present, value).map(|inner| (key.clone(), inner)));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    let gone = old.keys().filter(|key| !new.contains_key(*key));
    patch.extend(gone.map(|key| (key.clone(), Value::Null)));
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// Writes what differs of `object`'s status. Whether anything was written.
pub async fn write<K, S>(api: &Api<K>, fresh: &Fresh, object: &K, old: &S, new: &S) -> Result<bool, Failure>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
    S: Serialize,
{
    // The uid guards a new object of the same name.
    let guard = json!({ "uid": object.meta().uid });
    write_guarded(api, fresh, object, (old, new), guard).await
}

/// The same for who shares a list, such as the conditions, with another writer: fails with a conflict if `object` was
/// changed since it was read, whatever it was.
pub async fn write_shared<K, S>(
    api: &Api<K>,
    fresh: &Fresh,
    object: &K,
    old: &S,
    new: &S,
) -> Result<bool, Failure>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
    S: Serialize,
{
    let guard = json!({ "uid": object.meta().uid, "resourceVersion": object.meta().resource_version });
    write_guarded(api, fresh, object, (old, new), guard).await
}

async fn write_guarded<K, S>(
    api: &Api<K>,
    fresh: &Fresh,
    object: &K,
    (old, new): (&S, &S),
    guard: Value,
) -> Result<bool, Failure>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
    S: Serialize,
{
    let value = |status: &S| serde_json::to_value(status).unwrap_or_default();
    let Some(status) = difference(&value(old), &value(new)) else {
        return Ok(false);
    };
    let name = object.meta().name.as_deref();
    let name = name.ok_or(Failure::Incomplete("name"))?;
    let patch = Patch::Merge(json!({ "metadata": guard, "status": status }));
    let written = api
        .patch_status(name, &PatchParams::apply(MANAGER), &patch)
        .await
        .map_err(Failure::cluster("write the status"))?;
    fresh.wrote(written.meta());
    Ok(true)
}

/// A condition's status and reason before and after, when they differ: a transition, worth one Event.
pub fn transition<'a>(
    kind: &str,
    old: &'a [Condition],
    new: &'a [Condition],
) -> Option<(Option<&'a Condition>, &'a Condition)> {
    let (before, after) = (condition::find(old, kind), condition::find(new, kind)?);
    let same = before.is_some_and(|it| it.status == after.status && it.reason == after.reason);
    (!same).then_some((before, after))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*};

    use super::*;

    #[test]
    fn equal_statuses_need_no_patch() {
        let status = json!({"keys": [{"name": "A"}], "consumers": {"total": 1}});
        assert_eq!(difference(&status, &status.clone()), None);
    }

    #[test]
    fn what_is_gone_becomes_null_and_lists_go_whole() {
        let old = json!({"keys": [1, 2], "nextRotation": "x", "consumers": {"total": 1, "current": 1}});
        let new = json!({"keys": [1], "consumers": {"total": 2, "current": 1}});
        let patch = json!({"keys": [1], "nextRotation": null, "consumers": {"total": 2}});
        assert_eq!(difference(&old, &new), Some(patch));
    }

    fn object() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::from),
            "[a-c]{1,2}".prop_map(Value::from)
        ];
        let inner = btree_map("[a-d]", leaf.clone(), 0..4).prop_map(|map| json!(map));
        btree_map("[a-d]", prop_oneof![leaf, inner], 0..4).prop_map(|map| json!(map))
    }

    /// RFC 7396, as an API server applies it.
    fn apply(target: &Value, patch: &Value) -> Value {
        let Some(patch) = patch.as_object() else {
            return patch.clone();
        };
        let mut merged = target.as_object().cloned().unwrap_or_default();
        for (key, value) in patch {
            if value.is_null() {
                merged.remove(key);
            } else {
                let inner = apply(merged.get(key).unwrap_or(&Value::Null), value);
                merged.insert(key.clone(), inner);
            }
        }
        Value::Object(merged)
    }

    proptest! {
        #[test]
        fn applying_the_difference_gives_the_new_status(old in object(), new in object()) {
            let patch = difference(&old, &new).unwrap_or_else(|| json!({}));
            prop_assert_eq!(apply(&old, &patch), new);
        }
    }
}
