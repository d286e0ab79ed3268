//! What several kinds share: the reference to a vault, and what deletion means.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer, Serialize};

use crate::rule::rules;

/// The environment that an absent `environment` means, and the only one of a vault that lists none.
pub const DEFAULT_ENVIRONMENT: &str = "default";

/// `status.observedGeneration` of an object that the operator has not come to: no object ever has this generation.
pub(crate) const NOT_OBSERVED: i64 = -1;

/// Reads an `observedGeneration`; [`NOT_OBSERVED`] is as absent.
pub(crate) fn observed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let read = Option::<i64>::deserialize(deserializer)?;
    Ok(read.filter(|generation| *generation != NOT_OBSERVED))
}

/// A vault, by name, in the namespace of the object that refers to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
#[schemars(extend("x-kubernetes-validations" = rules(&[(
    "self.name == oldSelf.name",
    "vaultRef.name cannot change: create a new object that refers to the other vault, and delete this one",
)])))]
pub struct VaultRef {
    /// Name of a Vault in the same namespace. Cannot change. Example: `app`.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    )]
    pub name: String,
}

/// Keeps the words of an enum's type out of the schema, where they would displace those of an optional field.
pub(crate) fn without_description(schema: &mut Schema) {
    schema.remove("description");
}

/// What becomes of stored values when the object that describes them is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = without_description)]
pub enum DeletionPolicy {
    /// The values go too.
    Delete,
    /// The values stay in the store.
    Retain,
}
