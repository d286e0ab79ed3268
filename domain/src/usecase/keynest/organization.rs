//! Organizations: made by a user at registration or later, or there already and shown to the holder of a native
//! key. What is said of one is kept in the door's own organization; its tenant holds the values.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Actor, HOME, KeyNest, OrganizationView, Page, Role,
    log::{Doer, Done},
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
    store::{Commit, Precondition, Write},
    usecase::{
        ATTEMPTS, Caller,
        access::{Ask, not_found},
        contended,
        documents::missing,
    },
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

    /// A new organization, whose first administrator is the actor.
    pub async fn create_organization(
        &self,
        actor: &Actor,
        name: &str,
        description: Option<String>,
    ) -> Result<OrganizationView, Error> {
        for _ in 0..ATTEMPTS {
            self.check_free(actor, name, None).await?;
            let doer = self.doer(actor).await?;
            let made = match (&actor.who, &actor.caller.principal) {
                (Who::Native, Principal::ApiKey(_)) => {
                    self.native_organization(actor, name, description.clone()).await?
                }
                _ => {
                    let made = self.new_organization(name, description.clone()).await?;
                    self.make_tenant(&actor.caller, &made, &doer).await?;
                    made
                }
            };
            let home = self.home().await?;
            let mut commit = self.commit(
                &actor.caller,
                home,
                "organization.create",
                format!("organization:{}", made.number),
            );
            self.put_organization(&mut commit, &made).await?;
            if let Some(user) = actor.user() {
                // Two at once by one user are decided one after the other: their names must differ.
                self.touch_user(&mut commit, user).await?;
                let member = self.founder(&made, user);
                self.put(&mut commit, &member.key(), member).await?;
            }
            if self.coffer.try_commit(commit).await? {
                return Ok(OrganizationView {
                    organization: made,
                    members: usize::from(actor.user().is_some()),
                    projects: 0,
                    role: Some(Role::Admin),
                });
            }
        }
        Err(contended("the organization"))
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
            if let Some(user) = actor.user() {
                self.touch_user(&mut commit, user).await?;
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
            self.forget_vault(&mut commit, organization.id, vault.id).await?;
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

    /// The tenant of a new organization, with the first row of its log.
    pub(super) async fn make_tenant(
        &self,
        caller: &Caller,
        made: &Organization,
        doer: &Doer,
    ) -> Result<(), Error> {
        let target = format!("coffer://{}", made.name_of_tenant);
        let mut commit = self.commit(caller, made.id, "organization.create", target);
        commit.preconditions = vec![Precondition::OrganizationAbsent(made.name_of_tenant.clone())];
        commit.writes = vec![Write::Organization(Tenant {
            id: made.id,
            name: made.name_of_tenant.clone(),
            label: Label::new(made.name.clone()).ok(),
            account: None,
            created_at: made.created_at,
        })];
        self.note_organization(&mut commit, doer, "organization_created", made)
            .await?;
        if self.coffer.try_commit(commit).await? {
            return Ok(());
        }
        Err(contended("the organization"))
    }

    /// An organization that is not there yet. No namespace can have its name, so none is taken in advance.
    pub(super) async fn new_organization(
        &self,
        name: &str,
        description: Option<String>,
    ) -> Result<Organization, Error> {
        let number = self.next_number::<Organization>().await?;
        let now = self.coffer.clock.now();
        let slug = slug(name, 60, "organization");
        let mut suffix = String::new();
        for _ in 0..ATTEMPTS {
            let tenant = OrgName::new(format!("{}.{slug}{suffix}", &HOME[1..]))?;
            if self.coffer.store.organization(&tenant).await?.is_none() {
                return Ok(Organization {
                    number,
                    id: OrgId::fresh(&*self.coffer.clock, &*self.coffer.entropy),
                    name_of_tenant: tenant,
                    name: name.to_owned(),
                    description,
                    made_here: true,
                    deleted: false,
                    created_at: now,
                    updated_at: now,
                });
            }
            suffix = format!("-{number}");
        }
        Err(contended("the organization"))
    }

    /// The same for the holder of a native key: a project of the key's account, which such a key reaches.
    async fn native_organization(
        &self,
        actor: &Actor,
        name: &str,
        description: Option<String>,
    ) -> Result<Organization, Error> {
        let own = self.coffer.own_organization(&actor.caller).await?;
        let own = own.ok_or_else(|| not_found("organization", "of the key".to_owned()))?;
        let label = Label::new(name).map_err(|_| Error::invalid("name", "Enter a valid name."))?;
        let made = self
            .coffer
            .create_project(&actor.caller, &own.name, &label)
            .await?;
        Ok(Organization {
            number: self.next_number::<Organization>().await?,
            id: made.id,
            name_of_tenant: made.name,
            name: name.to_owned(),
            description,
            made_here: true,
            deleted: false,
            created_at: made.created_at,
            updated_at: made.created_at,
        })
    }

    pub(super) fn founder(&self, made: &Organization, user: u64) -> Member {
        Member {
            id: made.id,
            organization: made.number,
            user,
            role: Some(Role::Admin),
            joined_at: self.coffer.clock.now(),
        }
    }

    async fn note_organization(
        &self,
        commit: &mut Commit,
        doer: &Doer,
        action: &'static str,
        made: &Organization,
    ) -> Result<(), Error> {
        let details = json!({ "name": made.name });
        let done = Done::new(action, "organization", made.number, details);
        self.note(commit, doer, &done).await
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

    /// Refuses a name that one of the actor's organizations has already, whatever the case.
    async fn check_free(&self, actor: &Actor, name: &str, but: Option<u64>) -> Result<(), Error> {
        let wanted = name.to_lowercase();
        let taken = self
            .organizations_of(actor)
            .await?
            .into_iter()
            .any(|kept| Some(kept.body.number) != but && kept.body.name.to_lowercase() == wanted);
        if taken {
            return Err(Error::AlreadyExists {
                what: "name",
                name: name.to_owned(),
            });
        }
        Ok(())
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
