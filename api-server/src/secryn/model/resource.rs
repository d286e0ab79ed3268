//! Generic resources.

use coffer_domain::{record::Kept, resource::Resource};
use serde::Serialize;
use utoipa::ToSchema;

use super::Moment;

/// A resource to be made or changed.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct ResourceIn {
    /// 1 to 255 characters.
    name: String,
}

/// A resource.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResourceOut {
    /// `res_` and more.
    id: String,
    /// Its name.
    name: String,
    /// When it was made.
    created_at: Moment,
    /// When it was changed last.
    updated_at: Moment,
}

impl From<Kept<Resource>> for ResourceOut {
    fn from(kept: Kept<Resource>) -> Self {
        Self {
            id: kept.key,
            name: kept.body.name,
            created_at: Moment(kept.created_at),
            updated_at: Moment(kept.updated_at),
        }
    }
}
