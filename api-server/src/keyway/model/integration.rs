//! Providers, connections, projects, links and copies.

use coffer_domain::{
    integration::{Project, Provider},
    record::Kept,
    usecase::keyway::{Connection, Difference, Link, SyncPlan},
};
use serde::Serialize;

use super::Moment;

/// A provider.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderOut {
    name: &'static str,
    display_name: &'static str,
    configured: bool,
}

impl ProviderOut {
    /// A provider, and whether one can connect with it.
    pub fn of(provider: Provider, configured: bool) -> Self {
        Self {
            name: provider.as_str(),
            display_name: provider.display_name(),
            configured,
        }
    }
}

/// A connection, without its token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionOut {
    id: String,
    provider: &'static str,
    provider_account_id: String,
    provider_user_id: Option<String>,
    provider_team_id: Option<String>,
    created_at: Moment,
    updated_at: Moment,
}

impl From<&Kept<Connection>> for ConnectionOut {
    fn from(kept: &Kept<Connection>) -> Self {
        let Connection {
            id,
            provider,
            holder,
            since,
            ..
        } = &kept.body;
        Self {
            id: id.to_string(),
            provider: provider.as_str(),
            provider_account_id: holder.account().to_owned(),
            provider_user_id: Some(holder.user.clone()),
            provider_team_id: holder.team.clone(),
            created_at: Moment(*since),
            updated_at: Moment(kept.updated_at),
        }
    }
}

/// A project of a provider.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectOut {
    id: String,
    name: String,
    linked_repo: Option<String>,
    framework: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environments: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Moment>,
    #[serde(flatten)]
    by: Option<ByOut>,
}

/// By which connection a project is reached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ByOut {
    connection_id: String,
    team_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_name: Option<String>,
}

impl ProjectOut {
    /// The same, and by which connection it is reached.
    #[must_use]
    pub fn by(self, connection: &Connection) -> Self {
        let by = ByOut {
            connection_id: connection.id.to_string(),
            team_id: connection.holder.team.clone(),
            team_name: connection.holder.team_name.clone(),
        };
        Self { by: Some(by), ..self }
    }
}

impl From<Project> for ProjectOut {
    fn from(project: Project) -> Self {
        let (service_id, service_name) = project.service.unzip();
        Self {
            id: project.id,
            name: project.name,
            linked_repo: project.linked_repo,
            framework: project.framework,
            environments: project.environments,
            service_id,
            service_name,
            created_at: project.created_at.map(Moment),
            by: None,
        }
    }
}

/// A link, as vaults show it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultSyncOut {
    id: String,
    provider: &'static str,
    project_id: String,
    project_name: Option<String>,
    connection_id: String,
    keyway_environment: String,
    provider_environment: String,
    last_synced_at: Option<Moment>,
}

impl From<&Link> for VaultSyncOut {
    fn from(link: &Link) -> Self {
        Self {
            id: link.id.to_string(),
            provider: link.provider.as_str(),
            project_id: link.project.clone(),
            project_name: link.project_name.clone(),
            connection_id: link.connection.to_string(),
            keyway_environment: link.keyway_environment.clone(),
            provider_environment: link.provider_environment.clone(),
            last_synced_at: link.synced_at.map(Moment),
        }
    }
}

/// A link, to who made it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkOut {
    #[serde(flatten)]
    sync: VaultSyncOut,
    vault_id: String,
    is_new: bool,
}

impl LinkOut {
    /// A link, and whether it was made just now.
    pub fn of(link: &Link, is_new: bool) -> Self {
        Self {
            sync: VaultSyncOut::from(link),
            vault_id: link.vault.to_string(),
            is_new,
        }
    }
}

/// What a copy would do, by name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewOut {
    to_create: Vec<String>,
    to_update: Vec<String>,
    to_delete: Vec<String>,
    to_skip: Vec<String>,
}

impl From<SyncPlan> for PreviewOut {
    fn from(plan: SyncPlan) -> Self {
        Self {
            to_create: plan.create,
            to_update: plan.update,
            to_delete: plan.delete,
            to_skip: plan.skip,
        }
    }
}

/// How two environments differ, by name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DifferenceOut {
    keyway_count: usize,
    provider_count: usize,
    only_in_keyway: Vec<String>,
    only_in_provider: Vec<String>,
    different: Vec<String>,
    same: Vec<String>,
}

impl From<Difference> for DifferenceOut {
    fn from(found: Difference) -> Self {
        Self {
            keyway_count: found.keyway_count,
            provider_count: found.provider_count,
            only_in_keyway: found.only_in_keyway,
            only_in_provider: found.only_in_provider,
            different: found.different,
            same: found.same,
        }
    }
}

/// How a copy ended. The counts stand alone and under `stats`, as clients read either.
#[derive(Debug, Serialize)]
pub struct SyncOut {
    status: &'static str,
    success: bool,
    #[serde(flatten)]
    counts: CountsOut,
    stats: StatsOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
struct CountsOut {
    created: usize,
    updated: usize,
    deleted: usize,
    skipped: usize,
}

#[derive(Debug, Serialize)]
struct StatsOut {
    #[serde(flatten)]
    counts: CountsOut,
    total: usize,
}

impl SyncOut {
    /// One that did this.
    pub fn done(plan: &SyncPlan) -> Self {
        let counts = CountsOut {
            created: plan.create.len(),
            updated: plan.update.len(),
            deleted: plan.delete.len(),
            skipped: plan.skip.len(),
        };
        Self::of(counts, None)
    }

    /// One at which the provider failed.
    pub fn failed(why: String) -> Self {
        Self::of(CountsOut::default(), Some(why))
    }

    fn of(counts: CountsOut, error: Option<String>) -> Self {
        let total = counts.created + counts.updated + counts.deleted + counts.skipped;
        Self {
            status: if error.is_none() { "success" } else { "failed" },
            success: error.is_none(),
            counts,
            stats: StatsOut { counts, total },
            error,
        }
    }
}
