//! Answers that are kept so that a request repeated under the same idempotency key is not done twice.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    record::{Collection, Document},
    rights::Permission,
    secret_value::{self, SecretValue},
};

/// For how long an answer is kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// For how long a request that never came to its end stands in the way of its repetition.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// A request under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// What was asked: a hash over method, path and body, in hexadecimal.
    pub request: String,
    /// What it was answered; `None` while it is under way.
    pub answer: Option<KeptAnswer>,
    /// When it is forgotten.
    pub until: Timestamp,
}

/// An answer as it went out. It may hold a token or a value: like every record, it is kept sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptAnswer {
    /// Its status.
    pub status: u16,
    /// Its content type.
    pub content_type: String,
    /// Its body.
    #[serde(with = "secret_value::base64")]
    pub body: SecretValue,
}

impl Document for Replay {
    const COLLECTION: Collection = Collection::new("replays");
    const NOUN: &'static str = "replay";
    const READ: Permission = Permission::ReadAudit;
    const WRITE: Permission = Permission::ReadAudit;

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}
