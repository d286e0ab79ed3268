//! Making organizations: by a user at registration or later, or by the holder of a native key.

use serde_json::json;

use super::{
    Actor, HOME, KeyNest, Organization, OrganizationView, Role,
    log::{Doer, Done},
    member::Member,
    organization::slug,
    session::Who,
};
use crate::{
    Error,
    entity::Organization as Tenant,
    id::OrgId,
    name::{Label, OrgName},
    store::{Commit, Precondition, Write},
    usecase::{ATTEMPTS, Caller, access::not_found, contended},
};

impl KeyNest {
    /// A new organization, whose first administrator is the actor.
    pub async fn create_organization(
        &self,
        actor: &Actor,
        name: &str,
        description: Option<String>,
    ) -> Result<OrganizationView, Error> {
        for _ in 0..ATTEMPTS {
            let user = self.own_user(actor).await?;
            self.check_free(actor, name, None).await?;
            let doer = self.doer(actor).await?;
            let made = if matches!(actor.who, Who::Native) {
                self.native_organization(actor, name, description.clone()).await?
            } else {
                let made = self.new_organization(name, description.clone()).await?;
                self.make_tenant(&actor.caller, &made, &doer).await?;
                made
            };
            let home = self.home().await?;
            let mut commit = self.commit(
                &actor.caller,
                home,
                "organization.create",
                format!("organization:{}", made.number),
            );
            self.put_organization(&mut commit, &made)?;
            if let Some(user) = &user {
                // Two at once by one user are decided one after the other: their names must differ.
                self.put_over(&mut commit, user, user.body.clone())?;
                let member = self.founder(&made, user.body.number);
                self.put_new(&mut commit, &member.key(), member)?;
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

    pub(super) async fn note_organization(
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

    /// Refuses a name that one of the actor's organizations has already, whatever the case.
    pub(super) async fn check_free(&self, actor: &Actor, name: &str, but: Option<u64>) -> Result<(), Error> {
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
}
