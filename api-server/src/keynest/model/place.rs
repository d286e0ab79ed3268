//! Organizations, projects, environments.

use coffer_domain::usecase::keynest::{EnvironmentView, OrganizationView, ProjectView};
use serde::Serialize;

use super::moment;

/// An organization.
#[derive(Debug, Serialize)]
pub struct OrganizationOut {
    id: u64,
    name: String,
    description: Option<String>,
    created_at: String,
    updated_at: String,
    member_count: usize,
    project_count: usize,
    user_role: Option<&'static str>,
}

impl From<OrganizationView> for OrganizationOut {
    fn from(view: OrganizationView) -> Self {
        let organization = view.organization;
        Self {
            id: organization.number,
            name: organization.name,
            description: organization.description,
            created_at: moment(organization.created_at),
            updated_at: moment(organization.updated_at),
            member_count: view.members,
            project_count: view.projects,
            user_role: view.role.map(coffer_domain::usecase::keynest::Role::as_str),
        }
    }
}

/// A project.
#[derive(Debug, Serialize)]
pub struct ProjectOut {
    id: u64,
    name: String,
    description: Option<String>,
    organization: u64,
    organization_name: String,
    created_at: String,
    updated_at: String,
    created_by_name: String,
    environment_count: usize,
}

impl From<ProjectView> for ProjectOut {
    fn from(view: ProjectView) -> Self {
        let project = view.project;
        Self {
            id: project.number,
            name: project.name,
            description: project.description,
            organization: project.organization,
            organization_name: view.organization_name,
            created_at: moment(project.created_at),
            updated_at: moment(project.updated_at),
            created_by_name: project.created_by,
            environment_count: view.environments,
        }
    }
}

/// An environment.
#[derive(Debug, Serialize)]
pub struct EnvironmentOut {
    id: u64,
    name: String,
    project: u64,
    project_name: String,
    environment_type: &'static str,
    description: Option<String>,
    created_at: String,
    updated_at: String,
    created_by_name: String,
    variable_count: usize,
}

impl From<EnvironmentView> for EnvironmentOut {
    fn from(view: EnvironmentView) -> Self {
        let environment = view.environment;
        Self {
            id: environment.number,
            name: environment.name.to_string(),
            project: view.project,
            project_name: view.project_name,
            environment_type: view.kind.as_str(),
            description: environment.description,
            created_at: moment(environment.created_at),
            updated_at: moment(environment.updated_at),
            created_by_name: environment.created_by,
            variable_count: view.variables,
        }
    }
}
