//! Projects: organizations that belong to another one, their account. A key of the account can reach them.

use super::{
    ATTEMPTS, Caller, Coffer,
    access::{Ask, not_found},
    contended,
};
use crate::{
    Error,
    api_key::base62,
    audit::Outcome,
    entity::Organization,
    id::OrgId,
    name::{Label, OrgName},
    principal::Principal,
    rights::{Decision, Permission, Target, decide},
    store::{Commit, Precondition, Write},
};

impl Coffer {
    /// A new project of an account, for who manages the account's keys. Its name is the account's, a dot and what
    /// `label` amounts to as a name: no Kubernetes namespace can have such a name, so none is taken in advance.
    pub async fn create_project(
        &self,
        caller: &Caller,
        account: &OrgName,
        label: &Label,
    ) -> Result<Organization, Error> {
        let ask = Ask {
            permission: Permission::ManageKeys,
            action: "project.create",
        };
        let home = self.authorise_organization(caller, ask, account).await?;
        for attempt in 0..ATTEMPTS {
            let suffix = match attempt {
                0 => String::new(),
                1 | 2 => format!("-{}", attempt + 1),
                _ => format!("-{}", base62(&*self.entropy, 8)),
            };
            let name = project_name(account, label, &suffix)?;
            if self.store.organization(&name).await?.is_some() {
                continue;
            }
            let project = Organization {
                label: Some(label.clone()),
                account: Some(home),
                ..self.new_organization(&name)
            };
            let absent = Precondition::OrganizationAbsent(name);
            let new = Write::Organization(project.clone());
            let commit = self.project_commit(caller, ask.action, (vec![absent], new), &project);
            if self.try_commit(commit).await? {
                let target = format!("coffer://{}", project.name);
                let event = self.event(caller, ask.action, target, Outcome::Allowed);
                self.store.record(home, event).await?;
                return Ok(project);
            }
        }
        Err(contended(label))
    }

    /// Makes an organization that exists a project of another: for our own controllers, at the word of who runs them.
    pub async fn adopt_project(
        &self,
        caller: &Caller,
        account: &OrgName,
        project: &OrgName,
    ) -> Result<Organization, Error> {
        if caller.principal != Principal::Controller || account == project {
            return Err(Error::Forbidden {
                permission: Permission::ManageKeys,
                target: project.to_string(),
            });
        }
        let home = self.known_organization(account).await?;
        let found = self.known_organization(project).await?;
        let adopted = Organization {
            account: Some(home.id),
            ..found
        };
        self.amend_organization(caller, "project.adopt", &adopted).await?;
        Ok(adopted)
    }

    /// The account and those of its projects that the caller may see something of, the account first.
    pub async fn list_projects(
        &self,
        caller: &Caller,
        account: &OrgName,
    ) -> Result<Vec<Organization>, Error> {
        let home = self.known_organization(account).await?;
        let id = home.id;
        let projects = self.store.projects(id).await?;
        let mut visible: Vec<Organization> = std::iter::once(home).chain(projects).collect();
        visible.retain(|organization| may_see(caller, organization.id));
        if visible.is_empty() {
            return Err(not_found("organization", account.to_string()));
        }
        let target = format!("coffer://{account}");
        let event = self.event(caller, "project.list", target, Outcome::Allowed);
        self.store.record(id, event).await?;
        Ok(visible)
    }

    /// Gives an organization another label, for who manages its vaults.
    pub async fn label_organization(
        &self,
        caller: &Caller,
        organization: &OrgName,
        label: &Label,
    ) -> Result<Organization, Error> {
        let ask = Ask {
            permission: Permission::ManageVaults,
            action: "project.label",
        };
        self.authorise_organization(caller, ask, organization).await?;
        let labelled = Organization {
            label: Some(label.clone()),
            ..self.known_organization(organization).await?
        };
        self.amend_organization(caller, ask.action, &labelled).await?;
        Ok(labelled)
    }

    /// The organization of this id, if the caller may see something of it.
    pub async fn organization_of_id(&self, caller: &Caller, id: OrgId) -> Result<Organization, Error> {
        let found = self.store.organization_by_id(id).await?;
        found
            .filter(|_| may_see(caller, id))
            .ok_or_else(|| not_found("organization", id.to_string()))
    }

    async fn known_organization(&self, name: &OrgName) -> Result<Organization, Error> {
        let found = self.store.organization(name).await?;
        found.ok_or_else(|| not_found("organization", name.to_string()))
    }

    async fn amend_organization(
        &self,
        caller: &Caller,
        action: &str,
        changed: &Organization,
    ) -> Result<(), Error> {
        let write = Write::AmendOrganization(changed.clone());
        let commit = self.project_commit(caller, action, (Vec::new(), write), changed);
        self.try_commit(commit).await.map(drop)
    }

    fn project_commit(
        &self,
        caller: &Caller,
        action: &str,
        (preconditions, write): (Vec<Precondition>, Write),
        project: &Organization,
    ) -> Commit {
        let target = format!("coffer://{}", project.name);
        Commit {
            organization: project.id,
            preconditions,
            writes: vec![write],
            audit: self.event(caller, action, target, Outcome::Allowed),
            changes: Vec::new(),
        }
    }
}

fn may_see(caller: &Caller, organization: OrgId) -> bool {
    let target = Target {
        organization,
        vault: None,
        environment: None,
        name: None,
    };
    decide(&caller.principal, Permission::List, &target, None) == Decision::Allow
}

/// `account.label`, with what a name cannot hold as dashes, and what tells it from others of the same label.
fn project_name(account: &OrgName, label: &Label, suffix: &str) -> Result<OrgName, Error> {
    let mut slug = String::new();
    for c in label.as_str().chars().take(60) {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    let slug = if slug.is_empty() { "project" } else { slug };
    OrgName::new(format!("{account}.{slug}{suffix}")).map_err(Error::from)
}
