//! Vaults.

use coffer_domain::{
    entity::{EnvironmentType, Vault},
    usecase::keyway::{Frozen, Summary},
};
use serde::Serialize;

use super::{Moment, integration::VaultSyncOut};
use crate::{
    app::App,
    keyway::{error::Problem, forge::picture, plan},
};

/// A vault.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultOut {
    id: String,
    repo_owner: String,
    repo_name: String,
    repo_full_name: String,
    repo_avatar: String,
    secret_count: u64,
    #[serde(flatten)]
    environments: EnvironmentsOut,
    permission: Option<&'static str>,
    is_private: bool,
    is_read_only: bool,
    readonly_reason: Option<&'static str>,
    syncs: Vec<VaultSyncOut>,
    created_at: Moment,
    updated_at: Moment,
}

/// A vault's environments, in the order of their making.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentsOut {
    environments: Vec<String>,
    environment_details: Vec<EnvironmentOut>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EnvironmentOut {
    name: String,
    r#type: EnvironmentType,
    display_order: usize,
}

impl From<&Vault> for EnvironmentsOut {
    fn from(vault: &Vault) -> Self {
        let detail = |(display_order, environment): (usize, &coffer_domain::name::EnvName)| EnvironmentOut {
            name: environment.to_string(),
            r#type: vault.environment_type(environment),
            display_order,
        };
        Self {
            environments: vault.environments.iter().map(ToString::to_string).collect(),
            environment_details: vault.environments.iter().enumerate().map(detail).collect(),
        }
    }
}

impl VaultOut {
    /// A vault, with what it is linked with, and whether a plan made it read-only.
    pub async fn of(app: &App, summary: Summary) -> Result<Self, Problem> {
        let frozen = plan::frozen(app, &summary.entered).await?;
        let links = app.keyway.cases.links(summary.entered.located.vault.id).await?;
        let syncs = links.iter().map(|link| VaultSyncOut::from(&link.body));
        Ok(Self {
            is_read_only: frozen.is_some(),
            readonly_reason: frozen.map(reason),
            syncs: syncs.collect(),
            ..Self::from(summary)
        })
    }
}

fn reason(frozen: Frozen) -> &'static str {
    match frozen {
        Frozen::PlanLimit => "plan_limit_exceeded",
        Frozen::OrganizationPlan => "org_free_plan",
    }
}

impl From<Summary> for VaultOut {
    fn from(summary: Summary) -> Self {
        let (located, repository) = (&summary.entered.located, &summary.entered.repository);
        let vault = &located.vault;
        let (owner, name) = repository.as_ref().map_or_else(
            || (located.organization.name.to_string(), vault.name.to_string()),
            |repository| (repository.owner.clone(), repository.name.clone()),
        );
        Self {
            id: vault.id.to_string(),
            repo_full_name: format!("{owner}/{name}"),
            repo_avatar: picture(&owner),
            repo_owner: owner,
            repo_name: name,
            secret_count: summary.secrets,
            environments: EnvironmentsOut::from(&**vault),
            permission: summary
                .entered
                .role
                .map(coffer_domain::repo_role::RepoRole::as_str),
            is_private: repository.as_ref().is_none_or(|repository| repository.private),
            is_read_only: false,
            readonly_reason: None,
            syncs: Vec::new(),
            created_at: Moment(vault.created_at),
            updated_at: Moment(summary.updated_at),
        }
    }
}
