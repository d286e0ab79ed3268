//! What there is to say of things, as doors show them, and pages of them.

use jiff::Timestamp;

use super::{Environment, Kind, Organization, Project, Role, Shown};

/// A stretch of a list: how many come before, and how many at most.
pub use crate::usecase::secrets::Span as Window;

/// A stretch of a list, and how long the list is.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The stretch.
    pub items: Vec<T>,
    /// How many there are in all.
    pub count: usize,
}

pub(super) fn page_of<T>(all: Vec<T>, window: Window) -> Page<T> {
    let count = all.len();
    let items = all.into_iter().skip(window.skip).take(window.limit).collect();
    Page { items, count }
}

/// An organization.
#[derive(Debug, Clone)]
pub struct OrganizationView {
    /// Itself.
    pub organization: Organization,
    /// How many members it has.
    pub members: usize,
    /// How many projects the actor sees in it.
    pub projects: usize,
    /// The actor's role.
    pub role: Option<Role>,
}

/// A project.
#[derive(Debug, Clone)]
pub struct ProjectView {
    /// Itself.
    pub project: Project,
    /// What its organization is called.
    pub organization_name: String,
    /// How many environments it has.
    pub environments: usize,
}

/// An environment.
#[derive(Debug, Clone)]
pub struct EnvironmentView {
    /// Itself.
    pub environment: Environment,
    /// Its project's number.
    pub project: u64,
    /// What its project is called.
    pub project_name: String,
    /// What it is for.
    pub kind: Kind,
    /// How many variables it has.
    pub variables: usize,
}

/// A variable.
#[derive(Debug, Clone)]
pub struct VariableView {
    /// Its number.
    pub number: u64,
    /// Its name.
    pub key: String,
    /// Its value, to those who may read it.
    pub value: Shown,
    /// Its environment's number.
    pub environment: u64,
    /// What its environment is called.
    pub environment_name: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When its value or its name changed last.
    pub updated_at: Timestamp,
}

/// A member of an organization.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// The user's number.
    pub user: u64,
    /// Their address.
    pub email: String,
    /// Their name.
    pub username: String,
    /// Their role.
    pub role: Role,
    /// Since when they are a member.
    pub joined_at: Timestamp,
    /// When they logged in last.
    pub last_login: Option<Timestamp>,
    /// Whether they can log in.
    pub active: bool,
}
