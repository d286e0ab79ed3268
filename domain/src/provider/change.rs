//! How a map changes: what a URI and a payload mean together, and what becomes of the map.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::{canonical_uri::Fragment, secret_json::SecretJson};

/// A change of a map.
#[derive(Debug, Clone)]
pub enum Change {
    /// Another map in its place.
    Replace(SecretJson),
    /// One key gets a value; the others stay.
    Set(String, SecretJson),
    /// One key goes; the others stay.
    Unset(String),
}

/// Why a payload is none for its URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PayloadFault {
    /// A whole secret is an object.
    #[error("without a fragment the value must be an object")]
    NotAnObject,
    /// A value there must be.
    #[error("the value must not be null")]
    Null,
    /// The value could be the key's, or the map's.
    #[error("with a fragment the value must not be an object that has that key among others")]
    Ambiguous,
    /// The map has no place there.
    #[error("what is there has no keys, so nothing can be put under it")]
    NoPlace,
    /// What keeps the secrets has rules of its own for it.
    #[error("the server that keeps this secret does not take it")]
    Refused,
}

impl Change {
    /// What writing `value` to a fragment, or to a path as a whole, means. An object whose only member is the key
    /// itself stands for that member.
    pub fn of(fragment: Option<&Fragment>, value: &SecretJson) -> Result<Self, PayloadFault> {
        let Some(fragment) = fragment else {
            return match value.reveal() {
                Value::Null => Err(PayloadFault::Null),
                Value::Object(_) => Ok(Self::Replace(value.clone())),
                _ => Err(PayloadFault::NotAnObject),
            };
        };
        let key = fragment.key().to_owned();
        let value = match value.members() {
            Some(members) if members.contains_key(&key) && members.len() > 1 => {
                return Err(PayloadFault::Ambiguous);
            }
            _ => value.member(&key).unwrap_or_else(|| value.clone()),
        };
        if value.reveal().is_null() {
            return Err(PayloadFault::Null);
        }
        Ok(Self::Set(key, value))
    }

    /// The map after it; `None` if the key that should go was not there.
    pub fn apply(&self, present: Option<&SecretJson>) -> Option<SecretJson> {
        let mut members: Map<String, Value> =
            present.and_then(SecretJson::members).cloned().unwrap_or_default();
        match self {
            Self::Replace(map) => return Some(map.clone()),
            Self::Set(key, value) => {
                members.insert(key.clone(), value.reveal().clone());
            }
            Self::Unset(key) => {
                members.remove(key)?;
            }
        }
        Some(SecretJson::from(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(key: Option<&str>, value: Value) -> Result<Change, PayloadFault> {
        let fragment = key.map(|key| Fragment::of_key(key).unwrap());
        Change::of(fragment.as_ref(), &SecretJson::new(value))
    }

    fn after(change: &Change, present: Option<Value>) -> Option<Value> {
        let present = present.map(SecretJson::new);
        change.apply(present.as_ref()).map(|map| map.reveal().clone())
    }

    #[test]
    fn a_payload_means_the_key_or_the_map() {
        let present = || Some(json!({"k": "old", "other": 1}));
        for (key, value, expected) in [
            (Some("k"), json!("v"), json!({"k": "v", "other": 1})),
            (Some("k"), json!([1]), json!({"k": [1], "other": 1})),
            (Some("k"), json!({"k": "v"}), json!({"k": "v", "other": 1})),
            (
                Some("k"),
                json!({"k": {"k": 1}}),
                json!({"k": {"k": 1}, "other": 1}),
            ),
            (Some("k"), json!({"a": 1}), json!({"k": {"a": 1}, "other": 1})),
            (
                Some("new"),
                json!("v"),
                json!({"k": "old", "other": 1, "new": "v"}),
            ),
            (None, json!({"a": 1}), json!({"a": 1})),
        ] {
            let change = of(key, value.clone()).unwrap();
            assert_eq!(after(&change, present()), Some(expected), "{key:?} {value}");
        }
        assert_eq!(
            after(&of(Some("k"), json!(1)).unwrap(), None),
            Some(json!({"k": 1}))
        );
    }

    #[test]
    fn what_means_neither_is_refused() {
        for (key, value, fault) in [
            (Some("k"), json!({"k": 1, "b": 2}), PayloadFault::Ambiguous),
            (Some("k"), json!(null), PayloadFault::Null),
            (Some("k"), json!({"k": null}), PayloadFault::Null),
            (None, json!(null), PayloadFault::Null),
            (None, json!("text"), PayloadFault::NotAnObject),
            (None, json!([1]), PayloadFault::NotAnObject),
        ] {
            assert_eq!(of(key, value.clone()).unwrap_err(), fault, "{key:?} {value}");
        }
    }

    #[test]
    fn a_key_goes_alone() {
        let change = Change::Unset("k".into());
        assert_eq!(
            after(&change, Some(json!({"k": 1, "b": 2}))),
            Some(json!({"b": 2}))
        );
        assert_eq!(after(&change, Some(json!({"b": 2}))), None);
        assert_eq!(after(&change, None), None);
    }
}
