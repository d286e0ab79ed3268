//! What is said of a secret, its name, and its older values: what changes without a new value of one's own.

use super::{
    LIST, READ, WRITE,
    plan::{Ownership, Plan},
    write::{Written, check_mutable, check_unmanaged},
};
use crate::{
    Error,
    address::{Address, Version},
    audit::Outcome,
    entity::Secret,
    metadata::Metadata,
    name::SecretName,
    store::LocatedVault,
    usecase::{ATTEMPTS, Caller, Coffer, access::Ask, contended},
};

impl Coffer {
    /// A secret without its value; one that cannot be read now is shown too.
    pub async fn describe_secret(&self, caller: &Caller, address: &Address) -> Result<Secret, Error> {
        let ask = Ask {
            action: "secret.describe",
            ..LIST
        };
        let (located, secret) = self.present_secret(caller, ask, address).await?;
        let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
        self.store.record(located.organization.id, event).await?;
        Ok(secret)
    }

    /// Makes of what is said of a secret what `change` makes of it, without a new version.
    pub async fn amend_secret(
        &self,
        caller: &Caller,
        address: &Address,
        change: impl Fn(Metadata) -> Result<Metadata, Error> + Send + Sync,
    ) -> Result<Secret, Error> {
        let ask = Ask {
            action: "secret.amend",
            ..WRITE
        };
        for _ in 0..ATTEMPTS {
            let (located, present) = self.present_secret(caller, ask, address).await?;
            check_unmanaged(address, Some(&present))?;
            let metadata = change(present.described())?;
            metadata.check()?;
            let changed = Secret {
                metadata: metadata.kept(),
                updated_at: self.clock.now(),
                revision: present.revision + 1,
                ..present.clone()
            };
            if changed.metadata == present.metadata {
                return Ok(present);
            }
            let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            plan.amend(&present, changed.clone());
            if self.try_commit(plan.finish()).await? {
                return Ok(changed);
            }
        }
        Err(contended(address))
    }

    /// Gives a secret another name in its environment. It keeps its id and its versions.
    pub async fn rename_secret(
        &self,
        caller: &Caller,
        address: &Address,
        name: &SecretName,
    ) -> Result<Secret, Error> {
        let ask = Ask {
            action: "secret.rename",
            ..WRITE
        };
        let target = address.place.secret(name.clone());
        for _ in 0..ATTEMPTS {
            let (located, present) = self.present_secret(caller, ask, address).await?;
            self.authorise(caller, ask, &address.place, Some(name)).await?;
            check_unmanaged(address, Some(&present))?;
            if present.name == *name {
                return Ok(present);
            }
            let taken = self
                .store
                .secret(present.vault, &present.environment, name)
                .await?;
            if taken.is_some() {
                return Err(exists(&target));
            }
            let changed = Secret {
                name: name.clone(),
                updated_at: self.clock.now(),
                revision: present.revision + 1,
                ..present.clone()
            };
            let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            plan.mention(format!("to {name}"));
            plan.expect_free(name);
            plan.amend(&present, changed.clone());
            if self.try_commit(plan.finish()).await? {
                return Ok(changed);
            }
        }
        Err(contended(address))
    }

    /// Writes the value of an older version as a new one.
    pub async fn roll_back_secret(
        &self,
        caller: &Caller,
        address: &Address,
        version: Version,
    ) -> Result<Written, Error> {
        let ask = Ask {
            action: "secret.rollback",
            ..WRITE
        };
        for _ in 0..ATTEMPTS {
            let (located, present) = self.present_secret(caller, ask, address).await?;
            // Whoever may write and not read must not bring values to light.
            self.authorise(caller, READ, &address.place, Some(&address.name))
                .await?;
            check_unmanaged(address, Some(&present))?;
            check_mutable(address, Some(&present))?;
            let old = self.version_of(&located, address, version).await?;
            let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            plan.mention(format!("{}@{version} again", address.name));
            let (secret, meta) = plan.write(self, &address.name, Some(&present), old, Ownership::default());
            if self.try_commit(plan.finish()).await? {
                return Ok(Written { secret, meta });
            }
        }
        Err(contended(address))
    }

    async fn version_of(
        &self,
        located: &LocatedVault,
        address: &Address,
        version: Version,
    ) -> Result<crate::secret_value::SecretValue, Error> {
        let (environment, name) = (&address.place.environment, &address.name);
        let opened = self.store.open(located, environment, name, Some(version)).await?;
        let missing = || crate::usecase::access::not_found("version", format!("{version} of {address}"));
        let opened = opened.ok_or_else(missing)?;
        Ok(super::read::readable(opened, address, Some(version))?.value)
    }

    /// The secret at `address`, if the caller may do this to it.
    pub(crate) async fn present_secret(
        &self,
        caller: &Caller,
        ask: Ask,
        address: &Address,
    ) -> Result<(LocatedVault, Secret), Error> {
        let located = self
            .authorise(caller, ask, &address.place, Some(&address.name))
            .await?;
        let found = self
            .store
            .secret(located.vault.id, &address.place.environment, &address.name)
            .await?;
        match found {
            Some(secret) => Ok((located, secret)),
            None => Err(self.missing_secret(caller, &located, address).await?),
        }
    }
}

/// The name is taken.
pub(super) fn exists(address: &Address) -> Error {
    Error::AlreadyExists {
        what: "secret",
        name: address.to_string(),
    }
}
