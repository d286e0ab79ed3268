//! What this door sends and takes. Values and keys leave it in the types that say so, and in no others.

pub mod api_key;
pub mod approval;
pub mod export;
pub mod log;
pub mod resource;
pub mod secret;
pub mod usage;
pub mod webhook;

use coffer_domain::secret_value::SecretValue;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::{PartialSchema, ToSchema, openapi};

use crate::http::{
    fields::{FieldFault, Fields},
    time,
};

/// A moment, as this door writes it.
#[derive(Debug, Clone, Copy)]
pub struct Moment(pub Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time::seconds(self.0))
    }
}

impl PartialSchema for Moment {
    fn schema() -> openapi::RefOr<openapi::Schema> {
        use openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl ToSchema for Moment {}

/// A value or key on its one way out. It has no `Debug`.
pub struct Shown(SecretValue);

impl Shown {
    /// Of this value.
    pub fn new(value: SecretValue) -> Self {
        Self(value)
    }

    /// `base64` where the value is not text: another door wrote it.
    pub fn encoding(&self) -> Option<&'static str> {
        std::str::from_utf8(self.0.reveal()).err().map(|_| "base64")
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::{Engine, prelude::BASE64_STANDARD};
        if let Ok(text) = std::str::from_utf8(self.0.reveal()) {
            return serializer.serialize_str(text);
        }
        let text = zeroize::Zeroizing::new(BASE64_STANDARD.encode(self.0.reveal()));
        serializer.serialize_str(&text)
    }
}

/// A field that is a JSON object.
pub fn object(fields: &mut Fields, name: &str) -> Result<Option<Map<String, Value>>, FieldFault> {
    match fields.any(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(found)) => Ok(Some(found)),
        Some(_) => Err(FieldFault::new(name, "must be an object")),
    }
}
