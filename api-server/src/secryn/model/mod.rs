//! What this door sends and takes. Values and tokens leave it in the types that say so, and in no others.

pub mod api_key;
pub mod certificate;
pub mod described;
pub mod key;
pub mod log;
pub mod project;
pub mod published;
pub mod resource;
pub mod secret;
pub mod vault;
pub mod webhook;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::{PartialSchema, ToSchema, openapi};

use crate::http::time;

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
