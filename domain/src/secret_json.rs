//! A secret that is JSON: what has keys. It cannot be printed, and its texts are wiped when it is dropped.

use std::fmt;

use serde_json::{Map, Value};
use thiserror::Error;
use zeroize::Zeroize;

use crate::secret_value::SecretValue;

/// JSON that is secret. `Debug` prints `<redacted>`; there is no `Display` and no `Serialize`.
#[derive(Clone, PartialEq)]
pub struct SecretJson(Value);

/// It is not JSON. What it is is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the value is not JSON")]
pub struct NotJson;

impl SecretJson {
    /// Takes ownership of `value`.
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// Reads JSON text.
    pub fn parse(value: &SecretValue) -> Result<Self, NotJson> {
        serde_json::from_slice(value.reveal())
            .map(Self)
            .map_err(|_| NotJson)
    }

    /// The one way out. Call it as late as possible, and pass the result to nothing that prints.
    pub fn reveal(&self) -> &Value {
        &self.0
    }

    /// Its members, if it is an object.
    pub fn members(&self) -> Option<&Map<String, Value>> {
        self.0.as_object()
    }

    /// One member of an object.
    pub fn member(&self, name: &str) -> Option<Self> {
        self.members()?.get(name).cloned().map(Self)
    }

    /// As compact JSON text.
    pub fn to_value(&self) -> SecretValue {
        // A tree of plain values always serializes.
        SecretValue::new(serde_json::to_vec(&self.0).unwrap_or_default())
    }
}

impl From<Map<String, Value>> for SecretJson {
    fn from(members: Map<String, Value>) -> Self {
        Self(Value::Object(members))
    }
}

impl fmt::Debug for SecretJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl Drop for SecretJson {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        let secret = SecretJson::new(json!({"token": "hunter2"}));
        assert_eq!(format!("{secret:?}"), "<redacted>");
        assert_eq!(format!("{:?}", secret.member("token")), "Some(<redacted>)");
    }

    #[test]
    fn wiping_reaches_every_text() {
        let mut value = json!({"a": ["hunter2", {"b": "hunter2"}], "c": 1});
        wipe(&mut value);
        assert_eq!(value, json!({"a": ["", {"b": ""}], "c": 1}));
    }

    #[test]
    fn text_reads_back() {
        let secret = SecretJson::new(json!({"token": "x"}));
        assert_eq!(SecretJson::parse(&secret.to_value()), Ok(secret));
        assert_eq!(SecretJson::parse(&"plain".into()), Err(NotJson));
    }
}
