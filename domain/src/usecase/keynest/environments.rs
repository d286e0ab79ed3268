//! Finding environments: by number, in a project, among all that an actor sees.

use super::{
    Actor, Environment, EnvironmentView, KeyNest, Kind, Page, Project,
    environment::{Spot, VIEW, key, sees, spot_of},
    project::{Found, VIEW as VIEW_PROJECT, forbidden},
    view::{Window, page_of},
};
use crate::{
    Error,
    entity::Secret,
    envfile::is_variable_name,
    name::EnvName,
    store::LocatedVault,
    usecase::{access::Ask, documents::missing},
};

impl KeyNest {
    /// The environments that the actor sees, by number: of one project, and of one kind.
    pub async fn environments(
        &self,
        actor: &Actor,
        project: Option<u64>,
        kind: Option<Kind>,
        window: Window,
    ) -> Result<Page<EnvironmentView>, Error> {
        let mut all = self.visible_spots(actor).await?;
        all.retain(|spot| project.is_none_or(|only| spot.project.number == only));
        self.environment_page(all, kind, window).await
    }

    /// The same of one project, which must be the actor's to see.
    pub async fn environments_in(
        &self,
        actor: &Actor,
        project: u64,
        kind: Option<Kind>,
        window: Window,
    ) -> Result<Page<EnvironmentView>, Error> {
        let found = self.found_project(project).await?;
        let (organization, vault) = (&found.located.organization, &found.located.vault);
        self.coffer
            .authorise_vault(&actor.caller, VIEW_PROJECT, &organization.name, &vault.name)
            .await
            .map_err(forbidden)?;
        self.recorded(&actor.caller, organization.id, "environment.list")
            .await?;
        let all = self.spots_of(actor, &found).await?;
        self.environment_page(all, kind, window).await
    }

    async fn environment_page(
        &self,
        mut all: Vec<Spot>,
        kind: Option<Kind>,
        window: Window,
    ) -> Result<Page<EnvironmentView>, Error> {
        all.retain(|spot| kind.is_none_or(|kind| spot.environment.body.kind == kind));
        all.sort_by_key(|spot| spot.environment.body.number);
        let page = page_of(all, window);
        let mut items = Vec::with_capacity(page.items.len());
        for spot in page.items {
            items.push(self.environment_view(&spot).await?);
        }
        let count = page.count;
        Ok(Page { items, count })
    }

    /// One of them.
    pub async fn get_environment(&self, actor: &Actor, number: u64) -> Result<EnvironmentView, Error> {
        let spot = self.enter(actor, number, VIEW).await?;
        let id = spot.located.organization.id;
        self.recorded(&actor.caller, id, VIEW.action).await?;
        self.environment_view(&spot).await
    }

    /// The environment of this number, if the actor may do this in it.
    pub(super) async fn enter(&self, actor: &Actor, number: u64, ask: Ask) -> Result<Spot, Error> {
        let spot = self.spot(number).await?;
        let located = self
            .coffer
            .authorise(&actor.caller, ask, &spot.place, None)
            .await?;
        Ok(Spot { located, ..spot })
    }

    /// The same, where those who have no part in it are told that they may not.
    pub(super) async fn enter_nested(&self, actor: &Actor, number: u64, ask: Ask) -> Result<Spot, Error> {
        let spot = self.spot(number).await?;
        let located = self
            .coffer
            .authorise(&actor.caller, ask, &spot.place, None)
            .await
            .map_err(forbidden)?;
        Ok(Spot { located, ..spot })
    }

    /// The same, whoever asks.
    async fn spot(&self, number: u64) -> Result<Spot, Error> {
        let missing = || missing::<Environment>(&number.to_string());
        let environment = self.numbered::<Environment>(number).await?.ok_or_else(missing)?;
        let found = self.found_project(environment.body.project).await?;
        spot_of(&found, environment).ok_or_else(missing)
    }

    /// The spot of a place, and its number: for what is found by its secret.
    pub(super) async fn spot_in(
        &self,
        located: &LocatedVault,
        name: &EnvName,
    ) -> Result<Option<Spot>, Error> {
        let id = located.organization.id;
        let project = self
            .coffer
            .kept::<Project>(id, &located.vault.id.to_string())
            .await?;
        let environment = self
            .coffer
            .kept::<Environment>(id, &key(located.vault.id, name))
            .await?;
        let (Some(project), Some(environment)) = (project, environment) else {
            return Ok(None);
        };
        let located = located.clone();
        Ok(spot_of(&Found { project, located }, environment))
    }

    /// Every environment that the actor sees.
    pub(super) async fn visible_spots(&self, actor: &Actor) -> Result<Vec<Spot>, Error> {
        let mut all = Vec::new();
        for kept in self.organizations_of(actor).await? {
            let vaults = self.visible_vaults(actor, kept.body.id).await?;
            let tenant = self.coffer.store.organization_by_id(kept.body.id).await?;
            let Some(organization) = tenant else { continue };
            for (project, vault) in self.projects_of(&kept.body, &vaults).await? {
                let located = LocatedVault {
                    organization: organization.clone(),
                    vault: std::sync::Arc::new(vault),
                };
                all.extend(self.spots_of(actor, &Found { project, located }).await?);
            }
            self.recorded(&actor.caller, kept.body.id, "environment.list")
                .await?;
        }
        Ok(all)
    }

    async fn spots_of(&self, actor: &Actor, found: &Found) -> Result<Vec<Spot>, Error> {
        let all = self.environments_of(&found.project, &found.located.vault).await?;
        Ok(all
            .into_iter()
            .filter_map(|environment| spot_of(found, environment))
            .filter(|spot| sees(actor, &spot.located, &spot.place, None))
            .collect())
    }

    pub(super) async fn environment_view(&self, spot: &Spot) -> Result<EnvironmentView, Error> {
        let secrets = self.coffer.present_secrets(&spot.located, &spot.place).await?;
        let shown = |secret: &&Secret| is_variable_name(secret.name.as_str());
        let body = &spot.environment.body;
        Ok(EnvironmentView {
            environment: body.clone(),
            kind: body.kind,
            project: spot.project.number,
            project_name: spot.project.name.clone(),
            variables: secrets.iter().filter(shown).count(),
        })
    }
}
