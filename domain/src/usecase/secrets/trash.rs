//! The trash: where a secret waits, its name free for another, until it is restored or purged.

use jiff::SignedDuration;

use super::{DELETE, LIST, describe::exists, plan::Plan, read::may_list, write::check_unmanaged};
use crate::{
    Error,
    address::{Address, Place},
    audit::Outcome,
    entity::{Secret, Trashed},
    id::SecretId,
    name::{OrgName, VaultName},
    rights::Permission,
    store::LocatedVault,
    usecase::{
        ATTEMPTS, Caller, Coffer, MAX_PAGE,
        access::{Ask, not_found},
        contended,
    },
};

/// How long a secret stays in the trash, unless a door says otherwise: 30 days.
pub const KEPT_IN_TRASH: SignedDuration = SignedDuration::from_hours(30 * 24);

const PURGE: Ask = Ask {
    permission: Permission::Destroy,
    action: "secret.purge",
};

impl Coffer {
    /// Puts a secret into the trash of its vault, for `keep`. Refused for what an object manages.
    pub async fn trash_secret(
        &self,
        caller: &Caller,
        address: &Address,
        keep: SignedDuration,
    ) -> Result<Secret, Error> {
        let ask = Ask {
            action: "secret.trash",
            ..DELETE
        };
        for _ in 0..ATTEMPTS {
            let (located, present) = self.present_secret(caller, ask, address).await?;
            check_unmanaged(address, Some(&present))?;
            let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            let trashed = plan.trash(&present, keep);
            if self.try_commit(plan.finish()).await? {
                return Ok(trashed);
            }
        }
        Err(contended(address))
    }

    /// What is in the trash of a vault and the caller may see, latest first.
    pub async fn list_trash(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Vec<Secret>, Error> {
        let ask = Ask {
            action: "trash.list",
            ..LIST
        };
        let located = self.authorise_vault(caller, ask, organization, vault).await?;
        let mut found = self.store.trash(located.vault.id).await?;
        found.retain(|secret| may_list(caller, &located, secret));
        let target = format!("coffer://{organization}/{vault}");
        let event = self.event(caller, ask.action, target, Outcome::Allowed);
        self.store.record(located.organization.id, event).await?;
        Ok(found)
    }

    /// Takes a secret out of the trash, under its id and name; a conflict if the name is taken by now.
    pub async fn restore_secret(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
        id: SecretId,
    ) -> Result<Secret, Error> {
        let ask = Ask {
            action: "secret.restore",
            ..DELETE
        };
        for _ in 0..ATTEMPTS {
            let (located, trashed) = self.trashed(caller, ask, organization, vault, id).await?;
            let address = address_of(&located, &trashed);
            let taken = self
                .store
                .secret(trashed.vault, &trashed.environment, &trashed.name)
                .await?;
            if taken.is_some() {
                return Err(exists(&address));
            }
            let restored = Secret {
                trashed: None,
                updated_at: self.clock.now(),
                revision: trashed.revision + 1,
                ..trashed.clone()
            };
            let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            plan.expect_free(&restored.name);
            plan.amend(&trashed, restored.clone());
            if self.try_commit(plan.finish()).await? {
                return Ok(restored);
            }
        }
        Err(contended(id))
    }

    /// Deletes a secret that is in the trash, with all its versions, for ever.
    pub async fn purge_secret(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
        id: SecretId,
    ) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let (located, trashed) = self.trashed(caller, PURGE, organization, vault, id).await?;
            if self.purge_one(caller, &located, &trashed).await? {
                return Ok(());
            }
        }
        Err(contended(id))
    }

    /// Deletes everything in the trash of a vault, for ever; how many secrets that were. Takes the right to manage
    /// the vault.
    pub async fn empty_trash(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<u64, Error> {
        let ask = Ask {
            permission: Permission::ManageVaults,
            action: "trash.empty",
        };
        for _ in 0..ATTEMPTS {
            let located = self.authorise_vault(caller, ask, organization, vault).await?;
            let found = self.store.trash(located.vault.id).await?;
            let Some(first) = found.first() else {
                return Ok(0);
            };
            let target = format!("coffer://{organization}/{vault}");
            let event = self.event(caller, ask.action, target, Outcome::Allowed);
            let place = address_of(&located, first).place;
            let mut plan = Plan::on_trash(&place, &located, event);
            for secret in &found {
                plan.purge(secret);
            }
            if self.try_commit(plan.finish()).await? {
                return Ok(found.len() as u64);
            }
        }
        Err(contended(format_args!("the trash of vault {vault}")))
    }

    /// Purges what has been in the trash for long enough, of every tenant: at most a page. For the server's own
    /// timer; how many secrets that were.
    pub async fn sweep_trash(&self) -> Result<u64, Error> {
        let caller = Caller::controller();
        let mut purged = 0;
        for secret in self.store.trash_due(self.clock.now(), MAX_PAGE).await? {
            if let Some(located) = self.store.vault_by_id(secret.vault).await? {
                // Restored or purged by somebody meanwhile: then it is not ours to purge.
                purged += u64::from(self.purge_one(&caller, &located, &secret).await?);
            }
        }
        Ok(purged)
    }

    async fn purge_one(
        &self,
        caller: &Caller,
        located: &LocatedVault,
        secret: &Secret,
    ) -> Result<bool, Error> {
        let address = address_of(located, secret);
        let event = self.event(caller, PURGE.action, address.to_string(), Outcome::Allowed);
        let mut plan = Plan::on_trash(&address.place, located, event);
        plan.purge(secret);
        self.try_commit(plan.finish()).await
    }

    /// The secret of this id in the vault's trash, if the caller may do this to it.
    async fn trashed(
        &self,
        caller: &Caller,
        ask: Ask,
        organization: &OrgName,
        vault: &VaultName,
        id: SecretId,
    ) -> Result<(LocatedVault, Secret), Error> {
        let in_vault = Ask {
            permission: Permission::List,
            ..ask
        };
        let located = self
            .authorise_vault(caller, in_vault, organization, vault)
            .await?;
        let found = self.store.secret_by_id(id).await?;
        let found = found.filter(|secret| secret.vault == located.vault.id && secret.trashed.is_some());
        let visible = found.filter(|secret| may_list(caller, &located, secret));
        let secret = visible.ok_or_else(|| not_found("trashed secret", id.to_string()))?;
        let address = address_of(&located, &secret);
        self.authorise(caller, ask, &address.place, Some(&address.name))
            .await?;
        Ok((located, secret))
    }
}

fn address_of(located: &LocatedVault, secret: &Secret) -> Address {
    let place = Place {
        organization: located.organization.name.clone(),
        vault: located.vault.name.clone(),
        environment: secret.environment.clone(),
    };
    place.secret(secret.name.clone())
}

impl Plan<'_> {
    /// Puts a secret into the trash for `keep`.
    pub(super) fn trash(&mut self, present: &Secret, keep: SignedDuration) -> Secret {
        let at = self.now();
        let purge_at = at.saturating_add(keep).unwrap_or(jiff::Timestamp::MAX);
        let trashed = Secret {
            trashed: Some(Trashed { at, purge_at }),
            revision: present.revision + 1,
            ..present.clone()
        };
        self.mention(format!("{} to the trash", present.name));
        self.amend(present, trashed.clone());
        trashed
    }
}
