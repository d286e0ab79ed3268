//! Ours, of kinds that there are.

pub use coffer_crds::check::complaints;
use serde_json::Value;

/// The definition of a kind.
pub fn definition_of(kind: &str) -> Value {
    coffer_crds::check::definition_of(kind).unwrap()
}

/// The schema of a kind.
pub fn schema_of(kind: &str) -> Value {
    coffer_crds::check::schema_of(kind).unwrap()
}
