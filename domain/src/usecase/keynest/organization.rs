//! Organizations: made by a user at registration or later, or there already and shown to the holder of a native
//! key. What is said of one is kept in the door's own organization; its tenant holds the values.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Actor, KeyNest, OrganizationView, Page,
    log::Done,
    member::Member,
    padded,
    records::Filed,
    session::Who,
    view::{Window, page_of},
};
use crate::{
    Error,
    audit::Outcome,
    entity::Organization as Tenant,
    id::OrgId,
    name::{Label, OrgName},
    principal::Principal,
    record::{Collection, Document, Kept},
    rights::Permission,
    store::{Precondition, Write},
    usecase::{ATTEMPTS, Caller, access::Ask, contended, documents::missing},
};

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// Its number.
    pub number: u64,
    /// Its tenant.
    pub id: OrgId,
    /// The tenant's name, in addresses.
    pub name_of_tenant: OrgName,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it was made at this door.
    pub made_here: bool,
    /// Whether it was deleted: its chain stays.
    pub deleted: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Document for Organization {
    const COLLECTION: Collection = Collection::new("keynest.organization");
    const NOUN: &'static str = "organization";
}

impl Filed for Organization {}

const VIEW: Ask = Ask {
    permission: Permission::List,
    action: "organization.read",
};
const EDIT: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "organization.update",
};
const DROP: Ask = Ask {
    permission: Permission::ManageKeys,
    action: "organization.delete",
};

impl KeyNest {
    /// The organizations that the actor has a part in, by number.
    pub async fn organizations(
        &self,
        actor: &Actor,
        window: Window,
    ) -> Result<Page<OrganizationView>, Error> {
        let found = page_of(self.organizations_of(actor).await?, window);
        let mut items = Vec::with_capacity(found.items.len());
        for kept in found.items {
            let id = kept.body.id;
            items.push(self.organization_view(actor, kept.body).await?);
            self.recorded(&actor.caller, id, VIEW.action).await?;
        }
        let count = found.count;
        Ok(Page { items, count })
    }

    /// One of them.
    pub async fn get_organization(&self, actor: &Actor, number: u64) -> Result<OrganizationView, Error> {
        let found = self.organization(actor, number).await?;
        self.recorded(&actor.caller, found.body.id, VIEW.action).await?;
        self.organization_view(actor, found.body).await
    }

    /// Gives an organization another name or description; `None` leaves what there is.
    pub async fn update_organization(
        &self,
        actor: &Actor,
        number: u64,
        name: Option<String>,
        description: Option<Option<String>>,
    ) -> Result<OrganizationView, Error> {
        for _ in 0..ATTEMPTS {
            let found = self.organization(actor, number).await?;
            let tenant = found.body.name_of_tenant.clone();
            let caller = &actor.caller;
            self.coffer.authorise_organization(caller, EDIT, &tenant).await?;
            let user = self.own_user(actor).await?;
            let mut changed = found.body.clone();
            if let Some(name) = &name {
                self.check_free(actor, name, Some(number)).await?;
                changed.name.clone_from(name);
            }
            if let Some(description) = &description {
                changed.description.clone_from(description);
            }
            changed.updated_at = self.coffer.clock.now();
            let target = format!("organization:{number}");
            let mut commit = self.commit(caller, self.home().await?, EDIT.action, target);
            self.put_over(&mut commit, &found, changed.clone())?;
            if let Some(user) = &user {
                self.put_over(&mut commit, user, user.body.clone())?;
            }
            if self.coffer.try_commit(commit).await? {
                self.relabel(actor, &changed).await?;
                return self.organization_view(actor, changed).await;
            }
        }
        Err(contended("the organization"))
    }

    /// Deletes an organization with all its projects, for ever. Only one that was made here.
    pub async fn delete_organization(&self, actor: &Actor, number: u64) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let found = self.organization(actor, number).await?;
            let tenant = &found.body.name_of_tenant;
            self.coffer
                .authorise_organization(&actor.caller, DROP, tenant)
                .await?;
            if !found.body.made_here {
                return Err(Error::Forbidden {
                    permission: DROP.permission,
                    target: "an organization that was not made at this door".to_owned(),
                });
            }
            if !self.empty_tenant(actor, &found.body).await? {
                continue;
            }
            let target = format!("organization:{number}");
            let mut commit = self.commit(&actor.caller, self.home().await?, DROP.action, target);
            let gone = Organization {
                deleted: true,
                ..found.body.clone()
            };
            self.put_over(&mut commit, &found, gone)?;
            for member in self.members_of(number).await? {
                let former = Member {
                    role: None,
                    ..member.body.clone()
                };
                self.put_over(&mut commit, &member, former)?;
            }
            if self.coffer.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended("the organization"))
    }

    /// Drops all vaults of an organization, and what is said of them, in one commit.
    async fn empty_tenant(&self, actor: &Actor, organization: &Organization) -> Result<bool, Error> {
        let doer = self.doer(actor).await?;
        let target = format!("coffer://{}", organization.name_of_tenant);
        let mut commit = self.commit(&actor.caller, organization.id, DROP.action, target);
        for vault in self.all_vaults(organization.id).await? {
            crate::usecase::vaults::check_owner(&vault, None)?;
            commit.preconditions.push(Precondition::Vault(
                organization.id,
                vault.name.clone(),
                Some(vault.revision),
            ));
            commit.writes.push(Write::DropVault(vault.id));
        }
        let details = json!({ "name": organization.name });
        let done = Done::new(
            "organization_deleted",
            "organization",
            organization.number,
            details,
        );
        self.note(&mut commit, &doer, &done).await?;
        self.coffer.try_commit(commit).await
    }

    /// Lets other doors know an organization by its new name.
    async fn relabel(&self, actor: &Actor, changed: &Organization) -> Result<(), Error> {
        let store = &self.coffer.store;
        let Some(tenant) = store.organization_by_id(changed.id).await? else {
            return Ok(());
        };
        let target = format!("coffer://{}", tenant.name);
        let mut commit = self.commit(&actor.caller, tenant.id, EDIT.action, target);
        commit.writes.push(Write::AmendOrganization(Tenant {
            label: Label::new(changed.name.clone()).ok(),
            ..tenant
        }));
        let doer = self.doer(actor).await?;
        self.note_organization(&mut commit, &doer, "organization_updated", changed)
            .await?;
        self.coffer.try_commit(commit).await.map(drop)
    }

    /// Every organization that the actor has a part in, by number.
    pub(super) async fn organizations_of(&self, actor: &Actor) -> Result<Vec<Kept<Organization>>, Error> {
        let mut found = Vec::new();
        match (&actor.who, &actor.caller.principal) {
            (Who::User(signed), _) => {
                for part in signed.parts.iter().filter(|part| part.role.is_some()) {
                    found.extend(self.kept_organization(part.organization).await?);
                }
            }
            (Who::Native, Principal::ApiKey(key)) => {
                for id in std::iter::once(&key.organization).chain(key.also.iter()) {
                    found.extend(self.adopted_organization(*id).await?);
                }
            }
            (Who::Native, _) => {}
        }
        found.retain(|kept| !kept.body.deleted);
        found.sort_by_key(|kept| kept.body.number);
        Ok(found)
    }

    /// The organization of this number, if the actor has a part in it.
    pub(super) async fn organization(&self, actor: &Actor, number: u64) -> Result<Kept<Organization>, Error> {
        let found = self.kept_organization(number).await?;
        let found = found.ok_or_else(|| missing::<Organization>(&number.to_string()))?;
        let tenant = &found.body.name_of_tenant;
        self.coffer
            .authorise_organization(&actor.caller, VIEW, tenant)
            .await?;
        Ok(found)
    }

    /// The organization of this number, whoever asks, unless it was deleted.
    pub(super) async fn kept_organization(&self, number: u64) -> Result<Option<Kept<Organization>>, Error> {
        let home = self.home().await?;
        let found = self.coffer.kept::<Organization>(home, &padded(number)).await?;
        Ok(found.filter(|kept| !kept.body.deleted))
    }

    async fn organization_view(
        &self,
        actor: &Actor,
        organization: Organization,
    ) -> Result<OrganizationView, Error> {
        Ok(OrganizationView {
            members: self.members_of(organization.number).await?.len(),
            projects: self.visible_vaults(actor, organization.id).await?.len(),
            role: actor.role(organization.id),
            organization,
        })
    }

    pub(super) async fn recorded(&self, caller: &Caller, id: OrgId, action: &str) -> Result<(), Error> {
        let target = format!("organization:{id}");
        let event = self.coffer.event(caller, action, target, Outcome::Allowed);
        Ok(self.coffer.store.record(id, event).await?)
    }
}

/// What a text amounts to as a name: lower case, so that every door can express it.
pub(super) fn slug(text: &str, longest: usize, empty: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        let c = c.to_ascii_lowercase();
        let dotted = c == '.' && !slug.ends_with('.');
        if c.is_ascii_alphanumeric() || c == '_' || dotted {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= longest {
            break;
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() {
        empty.to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_amounts_to_a_name() {
        for (text, expected) in [
            ("New Project", "new-project"),
            ("app", "app"),
            ("John's Organization", "john-s-organization"),
            ("a..b", "a.-b"),
            ("  ", "x"),
            ("-._", "_"),
            ("日本", "x"),
        ] {
            assert_eq!(slug(text, 60, "x"), expected, "{text}");
        }
        assert!(crate::name::VaultName::new(slug(&"a. ".repeat(200), 60, "x")).is_ok());
    }
}
