//! Projects.

use coffer_domain::entity::Organization;
use serde::Serialize;
use utoipa::ToSchema;

use super::Moment;

/// A project to be made or renamed.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct ProjectIn {
    /// 1 to 255 characters.
    name: String,
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectOut {
    id: String,
    name: String,
    /// The organization that it is at every other door.
    organization: String,
    created_at: Moment,
}

impl From<&Organization> for ProjectOut {
    fn from(organization: &Organization) -> Self {
        let label = organization.label.as_ref();
        Self {
            id: organization.id.to_string(),
            name: label.map_or_else(|| organization.name.to_string(), ToString::to_string),
            organization: organization.name.to_string(),
            created_at: Moment(organization.created_at),
        }
    }
}
