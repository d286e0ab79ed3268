//! Partitions of a vault that doors make by writing to them, such as the regions of a dialect: environments that are
//! there as soon as somebody who may write puts something in.

use super::{ATTEMPTS, Caller, Coffer, access::Ask, contended, vaults::MAX_ENVIRONMENTS};
use crate::{
    Error,
    address::Place,
    audit::Outcome,
    change::{ChangeDraft, Subject},
    entity::Vault,
    name::{EnvName, OrgName, VaultName},
    rights::Permission,
    store::{Commit, Precondition, Write},
};

const WRITE: Ask = Ask {
    permission: Permission::Write,
    action: "environment.create",
};

impl Coffer {
    /// Makes sure that `place` is there, if the caller may write in it.
    pub async fn ensure_partition(&self, caller: &Caller, place: &Place) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            match self.authorise(caller, WRITE, place, None).await {
                Err(Error::NotFound {
                    what: "environment", ..
                }) => {}
                Err(other) => return Err(other),
                Ok(_) => return Ok(()),
            }
            let Some(located) = self.store.vault(&place.organization, &place.vault).await? else {
                continue;
            };
            if located.vault.environments.len() >= MAX_ENVIRONMENTS {
                let most = format!("a vault has at most {MAX_ENVIRONMENTS} environments");
                return Err(Error::Refused(most));
            }
            let present = &located.vault;
            let mut changed = Vault::clone(present);
            changed.environments.push(place.environment.clone());
            changed.revision += 1;
            let (name, revision) = (place.vault.clone(), Some(present.revision));
            let subject = Subject::Vault { vault: changed.id };
            let at = self.clock.now();
            let commit = Commit {
                organization: located.organization.id,
                preconditions: vec![Precondition::Vault(located.organization.id, name, revision)],
                writes: vec![Write::Vault(changed)],
                audit: self.event(caller, WRITE.action, place.to_string(), Outcome::Allowed),
                changes: vec![ChangeDraft { subject, at }],
            };
            if self.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended(place))
    }

    /// Which environments a vault has, for who may list it; none if there is no such vault.
    pub async fn partitions(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Vec<EnvName>, Error> {
        let ask = Ask {
            permission: Permission::List,
            action: "secret.list",
        };
        let located = self.authorise_vault(caller, ask, organization, vault).await?;
        Ok(located.vault.environments.clone())
    }
}
