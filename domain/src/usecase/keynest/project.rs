//! Projects: vaults, under a label that need not be unique. The vault's name, which is its address at all doors, is
//! made from the first label and stays.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Actor, KeyNest, Organization, Page, ProjectView,
    log::Done,
    number::found_by,
    organization::slug,
    records::Filed,
    view::{Window, page_of},
};
use crate::{
    Error,
    entity::Vault,
    id::VaultId,
    name::VaultName,
    record::{Collection, Document, Kept},
    rights::Permission,
    store::{LocatedVault, Write},
    usecase::{
        ATTEMPTS,
        access::Ask,
        contended,
        documents::missing,
        vaults::{VaultSettings, check_owner},
    },
};

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Its number.
    pub number: u64,
    /// Its organization's number.
    pub organization: u64,
    /// Its vault.
    pub vault: VaultId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Document for Project {
    const COLLECTION: Collection = Collection::new("keynest.project");
    const NOUN: &'static str = "project";
}

impl Filed for Project {
    fn found_by(&self) -> Option<String> {
        Some(found_by::<Self>(self.number))
    }
}

/// A project to be made.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// What to call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

pub(super) const VIEW: Ask = Ask {
    permission: Permission::List,
    action: "project.read",
};
const MAKE: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "vault.create",
};
const EDIT: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "project.update",
};
const DROP: Ask = Ask {
    permission: Permission::Destroy,
    action: "vault.drop",
};

/// A project with its vault.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) project: Kept<Project>,
    pub(super) located: LocatedVault,
}

impl KeyNest {
    /// The projects that the actor sees, by number: of one organization, and with a text in name or description.
    pub async fn projects(
        &self,
        actor: &Actor,
        organization: Option<u64>,
        search: Option<&str>,
        window: Window,
    ) -> Result<Page<ProjectView>, Error> {
        let mut all = Vec::new();
        for kept in self.organizations_of(actor).await? {
            if organization.is_some_and(|only| only != kept.body.number) {
                continue;
            }
            let vaults = self.visible_vaults(actor, kept.body.id).await?;
            let found = self.projects_of(&kept.body, &vaults).await?;
            all.extend(found.into_iter().map(|it| (it, kept.body.clone())));
            self.recorded(&actor.caller, kept.body.id, "project.list").await?;
        }
        if let Some(text) = search.map(str::to_lowercase) {
            all.retain(|((project, _), _)| holds(&project.body, &text));
        }
        all.sort_by_key(|((project, _), _)| project.body.number);
        let page = page_of(all, window);
        let mut items = Vec::with_capacity(page.items.len());
        for ((project, vault), organization) in page.items {
            items.push(self.project_view(&project, &vault, organization.name).await?);
        }
        let count = page.count;
        Ok(Page { items, count })
    }

    /// One of them.
    pub async fn get_project(&self, actor: &Actor, number: u64) -> Result<ProjectView, Error> {
        let found = self.project(actor, number, VIEW).await?;
        let id = found.located.organization.id;
        self.recorded(&actor.caller, id, VIEW.action).await?;
        self.found_view(&found).await
    }

    /// A new project. `NotFound`: there is no such organization.
    pub async fn create_project(
        &self,
        actor: &Actor,
        organization: u64,
        new: &NewProject,
    ) -> Result<ProjectView, Error> {
        let kept = self.kept_organization(organization).await?;
        let kept = kept.ok_or_else(|| missing::<Organization>(&organization.to_string()))?;
        let tenant = &kept.body.name_of_tenant;
        let doer = self.doer(actor).await?;
        let number = self.next_number::<Project>().await?;
        for _ in 0..ATTEMPTS {
            let name = self.free_name(&kept.body, &new.name, number).await?;
            let id = self
                .coffer
                .authorise_new_vault(&actor.caller, MAKE, tenant, &name)
                .await
                .map_err(forbidden)?;
            let settings = VaultSettings {
                environments: Vec::new(),
                access: Vec::new(),
                owner: None,
            };
            let vault = self.coffer.new_vault(id, &name, settings)?;
            let mut commit = self
                .coffer
                .vault_commit(&actor.caller, MAKE.action, tenant, &vault, None);
            let project = Project {
                number,
                organization,
                vault: vault.id,
                name: new.name.clone(),
                description: new.description.clone(),
                created_by: doer.name.clone(),
                created_at: vault.created_at,
                updated_at: vault.created_at,
            };
            self.put(&mut commit, &vault.id.to_string(), project.clone())
                .await?;
            let done = done("project_created", &project);
            self.note(&mut commit, &doer, &done).await?;
            if self.coffer.try_commit(commit).await? {
                return Ok(ProjectView {
                    project,
                    organization_name: kept.body.name,
                    environments: 0,
                });
            }
        }
        Err(contended("the organization"))
    }

    /// Gives a project another name or description; `None` leaves what there is. It stays in its organization.
    pub async fn update_project(
        &self,
        actor: &Actor,
        number: u64,
        name: Option<String>,
        description: Option<Option<String>>,
        organization: Option<u64>,
    ) -> Result<ProjectView, Error> {
        for _ in 0..ATTEMPTS {
            let mut found = self.project(actor, number, EDIT).await?;
            let before = found.project.clone();
            if organization.is_some_and(|wanted| wanted != before.body.organization) {
                return Err(Error::invalid(
                    "organization",
                    "A project stays in its organization.",
                ));
            }
            let doer = self.doer(actor).await?;
            let changed = &mut found.project.body;
            if let Some(name) = &name {
                changed.name.clone_from(name);
            }
            if let Some(description) = &description {
                changed.description.clone_from(description);
            }
            changed.updated_at = self.coffer.clock.now();
            let id = found.located.organization.id;
            let target = format!("project:{number}");
            let mut commit = self.commit(&actor.caller, id, EDIT.action, target);
            self.put_over(&mut commit, &before, changed.clone())?;
            self.note(&mut commit, &doer, &done("project_updated", changed))
                .await?;
            if self.coffer.try_commit(commit).await? {
                return self.found_view(&found).await;
            }
        }
        Err(contended("the project"))
    }

    /// Deletes a project with everything in it, for ever.
    pub async fn delete_project(&self, actor: &Actor, number: u64) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let found = self.project(actor, number, DROP).await?;
            let (vault, organization) = (&found.located.vault, &found.located.organization);
            check_owner(vault, None)?;
            let doer = self.doer(actor).await?;
            let mut commit = self.coffer.vault_commit(
                &actor.caller,
                DROP.action,
                &organization.name,
                vault,
                Some(vault.revision),
            );
            commit.writes = vec![Write::DropVault(vault.id)];
            let done = done("project_deleted", &found.project.body);
            self.note(&mut commit, &doer, &done).await?;
            if self.coffer.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended("the project"))
    }

    /// The project of this number, if the actor may do this to it.
    pub(super) async fn project(&self, actor: &Actor, number: u64, ask: Ask) -> Result<Found, Error> {
        let found = self.found_project(number).await?;
        let (organization, vault) = (&found.located.organization.name, &found.located.vault.name);
        let located = self
            .coffer
            .authorise_vault(&actor.caller, ask, organization, vault)
            .await?;
        Ok(Found { located, ..found })
    }

    /// The same, whoever asks.
    pub(super) async fn found_project(&self, number: u64) -> Result<Found, Error> {
        let missing = || missing::<Project>(&number.to_string());
        let project = self.numbered::<Project>(number).await?.ok_or_else(missing)?;
        let located = self.coffer.store.vault_by_id(project.body.vault).await?;
        let located = located.ok_or_else(missing)?;
        Ok(Found { project, located })
    }

    /// A name that no vault of the organization has.
    async fn free_name(
        &self,
        organization: &Organization,
        label: &str,
        number: u64,
    ) -> Result<VaultName, Error> {
        let slug = slug(label, 200, "project");
        let plain = VaultName::new(slug.clone())?;
        let taken = self
            .coffer
            .store
            .vault(&organization.name_of_tenant, &plain)
            .await?;
        match taken {
            None => Ok(plain),
            Some(_) => Ok(VaultName::new(format!("{slug}-{number}"))?),
        }
    }

    pub(super) async fn organization_name(&self, project: &Project) -> Result<String, Error> {
        let found = self.kept_organization(project.organization).await?;
        Ok(found.map_or_else(String::new, |kept| kept.body.name))
    }

    async fn found_view(&self, found: &Found) -> Result<ProjectView, Error> {
        let name = self.organization_name(&found.project.body).await?;
        self.project_view(&found.project, &found.located.vault, name)
            .await
    }

    async fn project_view(
        &self,
        project: &Kept<Project>,
        vault: &Vault,
        organization_name: String,
    ) -> Result<ProjectView, Error> {
        Ok(ProjectView {
            environments: self.environments_of(project, vault).await?.len(),
            project: project.body.clone(),
            organization_name,
        })
    }
}

fn holds(project: &Project, text: &str) -> bool {
    let within = |field: &str| field.to_lowercase().contains(text);
    within(&project.name) || project.description.as_deref().is_some_and(within)
}

fn done(action: &'static str, project: &Project) -> Done {
    let details = json!({ "name": project.name, "project": project.name });
    Done::new(action, "project", project.number, details)
}

/// What is inside a thing that the actor has no part in is forbidden, not missing: only its own page is.
pub(super) fn forbidden(error: Error) -> Error {
    match error {
        Error::NotFound { name, .. } => Error::Forbidden {
            permission: Permission::List,
            target: name,
        },
        other => other,
    }
}
