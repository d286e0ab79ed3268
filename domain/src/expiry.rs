//! When a secret expires somebody may want to hear of it: a record falls due at that moment, and is done with once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::SecretId,
    record::{Collection, Document},
    rights::Permission,
};

/// That a secret expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiry {
    /// Which.
    pub secret: SecretId,
    /// When, as was said then: by now it may be another time.
    pub at: Timestamp,
}

impl Document for Expiry {
    const COLLECTION: Collection = Collection::new("expiries");
    const NOUN: &'static str = "expiry";
    const READ: Permission = Permission::ReadAudit;
    const WRITE: Permission = Permission::ManageVaults;

    fn due_at(&self) -> Option<Timestamp> {
        Some(self.at)
    }
}
