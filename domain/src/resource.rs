//! Generic resources: named things of an organization without anything secret about them.

use serde::{Deserialize, Serialize};

use crate::record::{Collection, Document};

/// A resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its name, for people.
    pub name: String,
}

impl Document for Resource {
    const COLLECTION: Collection = Collection::new("resource").announced();
    const NOUN: &'static str = "resource";
}
