//! Organizations: made by our controllers for namespaces, and by `coffer bootstrap`.

use super::{ATTEMPTS, Caller, Coffer, contended};
use crate::{
    Error,
    audit::Outcome,
    entity::Organization,
    id::OrgId,
    name::OrgName,
    principal::Principal,
    rights::Permission,
    store::{Commit, Precondition, Write},
};

impl Coffer {
    /// The organization of this name, made now if there is none. Only for our own controllers.
    pub async fn ensure_organization(&self, caller: &Caller, name: &OrgName) -> Result<Organization, Error> {
        let Principal::Controller = caller.principal else {
            return Err(Error::Forbidden {
                permission: Permission::ManageVaults,
                target: name.to_string(),
            });
        };
        for _ in 0..ATTEMPTS {
            if let Some(found) = self.store.organization(name).await? {
                return Ok(found);
            }
            let organization = self.new_organization(name);
            let commit = Commit {
                organization: organization.id,
                preconditions: vec![Precondition::OrganizationAbsent(name.clone())],
                writes: vec![Write::Organization(organization.clone())],
                audit: self.event(
                    caller,
                    "organization.create",
                    format!("coffer://{name}"),
                    Outcome::Allowed,
                ),
                changes: Vec::new(),
            };
            if self.try_commit(commit).await? {
                return Ok(organization);
            }
        }
        Err(contended(name))
    }

    pub(super) fn new_organization(&self, name: &OrgName) -> Organization {
        let id = OrgId::fresh(&*self.clock, &*self.entropy);
        Organization {
            id,
            name: name.clone(),
            label: None,
            account: None,
            created_at: self.clock.now(),
        }
    }
}
