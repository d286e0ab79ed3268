//! What this door sends and takes. Values and tokens leave it in the types that say so, and in no others.

pub mod activity;
pub mod api_key;
pub mod integration;
pub mod organization;
pub mod override_;
pub mod repo;
pub mod secret;
pub mod text;
pub mod trial;
pub mod user;
pub mod vault;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::http::time;

/// A moment, as this door writes it: in UTC, with milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Moment(pub Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time::millis(self.0))
    }
}
