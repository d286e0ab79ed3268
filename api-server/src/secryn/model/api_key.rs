//! API keys of the account, and access keys of vaults.

use coffer_domain::{entity::ApiKey, role::ProjectRole, usecase::api_keys::IssuedKey};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Moment, published::Token};
use crate::http::fields::FieldFault;

/// An access key to be made.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct AccessKeyIn {
    /// 1 to 255 characters.
    name: String,
}

/// An API key to be made.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct ApiKeyIn {
    /// 1 to 255 characters.
    name: String,
    /// `admin` (of every project), `project_manager`, `contributor` or `read_only`.
    role: String,
    /// In which project; the account's first one without.
    project_id: Option<String>,
    /// Restricted vaults to which it is added.
    vault_ids: Option<Vec<String>>,
}

/// A key without its token.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyHolderOut {
    id: String,
    name: String,
    /// Of an API key: its role, if its rights amount to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    role: Option<&'static str>,
    created_at: Moment,
}

/// A key with its token, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct IssuedOut {
    #[serde(flatten)]
    key: KeyHolderOut,
    /// It cannot be shown again.
    #[schema(value_type = String)]
    token: Token,
}

impl KeyHolderOut {
    /// An API key.
    pub fn of_account(key: &ApiKey) -> Self {
        Self {
            role: ProjectRole::of(&key.grants).map(name),
            ..Self::of_vault(key)
        }
    }

    /// An access key.
    pub fn of_vault(key: &ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.to_string(),
            role: None,
            created_at: Moment(key.created_at),
        }
    }
}

impl IssuedOut {
    /// With its token.
    pub fn new(key: KeyHolderOut, issued: &IssuedKey) -> Self {
        Self {
            key,
            token: issued.token.secret().into(),
        }
    }
}

/// What this door calls a role.
fn name(role: ProjectRole) -> &'static str {
    match role {
        ProjectRole::Admin => "admin",
        ProjectRole::ProjectManager => "project_manager",
        ProjectRole::Contributor => "contributor",
        ProjectRole::ReadOnly => "read_only",
    }
}

/// The role of this name.
pub fn role(text: &str) -> Result<ProjectRole, FieldFault> {
    let found = ProjectRole::ALL.into_iter().find(|role| name(*role) == text);
    let rule = "must be admin, project_manager, contributor or read_only";
    found.ok_or_else(|| FieldFault::new("role", rule))
}
