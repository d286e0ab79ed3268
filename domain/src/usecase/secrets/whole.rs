//! A secret that is changed as a whole by what it was, for doors whose secrets are maps: one step, under the right to
//! write alone, so that whoever may write and not read learns nothing.

use super::{
    DELETE, DESTROY, ROTATE, UNDELETE, WRITE,
    plan::{Ownership, Plan},
    write::{Written, check_mutable, check_size, check_unmanaged},
};
use crate::{
    Error,
    address::{Address, Version},
    audit::Outcome,
    entity::{Secret, VersionState},
    id::OrgId,
    metadata::Metadata,
    record::Collection,
    secret_value::SecretValue,
    store::{Precondition, Write},
    usecase::{ATTEMPTS, Caller, Coffer, access::Ask, contended},
};

/// What a secret becomes.
#[derive(Debug)]
pub struct Becomes {
    /// Its value.
    pub value: SecretValue,
    /// What is said of it.
    pub metadata: Metadata,
}

/// What a secret is before it changes.
#[derive(Debug)]
pub struct Before<'a> {
    /// Its value, if it has a version that can be read.
    pub value: Option<&'a SecretValue>,
    /// What is said of it.
    pub metadata: Metadata,
    /// Its newest version, readable or not, if it has one.
    pub latest: Option<Version>,
}

/// What a secret becomes, by what it is. May be asked again, if another write came first.
pub type Remake<'a, E> = &'a (dyn Fn(Before<'_>) -> Result<Becomes, E> + Send + Sync);

/// What else is to be so, and the record that goes, with a secret's new version.
#[derive(Debug, Default)]
pub(in crate::usecase) struct Beside {
    pub preconditions: Vec<Precondition>,
    pub dropped: Option<(OrgId, Collection, String)>,
}

/// Which versions were moved, and which were not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shifted {
    /// Those that were.
    pub applied: Vec<Version>,
    /// Those that there are not, or that cannot be.
    pub skipped: Vec<Version>,
}

impl Coffer {
    /// Writes what `remake` makes of a secret as its next version; the version before, and what was written. With
    /// `rotate`, under the right to rotate instead of the right to write.
    pub async fn remake_secret<E: From<Error> + Send>(
        &self,
        caller: &Caller,
        address: &Address,
        rotate: bool,
        remake: Remake<'_, E>,
    ) -> Result<(Option<Version>, Written), E> {
        let ask = if rotate { ROTATE } else { WRITE };
        self.remake_beside(caller, (ask, address), remake, &Beside::default())
            .await
    }

    /// The same as one step with `beside`.
    pub(in crate::usecase) async fn remake_beside<E: From<Error> + Send>(
        &self,
        caller: &Caller,
        (ask, address): (Ask, &Address),
        remake: Remake<'_, E>,
        beside: &Beside,
    ) -> Result<(Option<Version>, Written), E> {
        for _ in 0..ATTEMPTS {
            let located = self
                .authorise(caller, ask, &address.place, Some(&address.name))
                .await?;
            let (environment, name) = (&address.place.environment, &address.name);
            let present = self.store.secret(located.vault.id, environment, name).await;
            let present = present.map_err(Error::from)?;
            check_unmanaged(address, present.as_ref())?;
            check_mutable(address, present.as_ref())?;
            let opened = match present.as_ref().and_then(|secret| secret.current) {
                Some(current) => self.store.open(&located, environment, name, Some(current)).await,
                None => Ok(None),
            };
            let value = opened.map_err(Error::from)?.and_then(|opened| opened.value);
            let metadata = present.as_ref().map(Secret::described).unwrap_or_default();
            let becomes = remake(Before {
                value: value.as_ref(),
                metadata,
                latest: present.as_ref().map(|secret| secret.latest),
            })?;
            check_size(&becomes.value)?;
            becomes.metadata.check()?;
            let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            let ownership = Ownership {
                metadata: Some(becomes.metadata),
                ..Ownership::default()
            };
            let (secret, meta) = plan.write(self, name, present.as_ref(), becomes.value, ownership);
            let mut commit = plan.finish();
            commit.preconditions.extend(beside.preconditions.iter().cloned());
            let dropped = beside.dropped.clone();
            commit
                .writes
                .extend(dropped.map(|(tenant, collection, key)| Write::DropRecord(tenant, collection, key)));
            if self.try_commit(commit).await? {
                return Ok((present.map(|secret| secret.latest), Written { secret, meta }));
            }
        }
        Err(contended(address).into())
    }

    /// Deletes a secret with all its versions, whether one of them can be read or not, for ever.
    pub async fn remove_secret(&self, caller: &Caller, address: &Address) -> Result<(), Error> {
        self.erase(caller, (DESTROY, address), false).await.map(drop)
    }

    /// Deletes the latest version; which that is. Doing it again changes nothing.
    pub async fn delete_latest(&self, caller: &Caller, address: &Address) -> Result<Version, Error> {
        for _ in 0..ATTEMPTS {
            let (_, present) = self.present_secret(caller, DELETE, address).await?;
            let latest = [present.latest];
            let moved = self
                .move_versions(
                    caller,
                    (DELETE, address),
                    &present,
                    &latest,
                    VersionState::Deleted,
                )
                .await?;
            if moved.is_some() {
                return Ok(present.latest);
            }
        }
        Err(contended(address))
    }

    /// Makes those of these versions unreadable that there are, until they are undeleted.
    pub async fn delete_these(
        &self,
        caller: &Caller,
        address: &Address,
        versions: &[Version],
    ) -> Result<Shifted, Error> {
        self.shift_these(caller, (DELETE, address), versions, VersionState::Deleted)
            .await
    }

    /// Makes those of these versions readable again that are deleted.
    pub async fn undelete_these(
        &self,
        caller: &Caller,
        address: &Address,
        versions: &[Version],
    ) -> Result<Shifted, Error> {
        self.shift_these(caller, (UNDELETE, address), versions, VersionState::Live)
            .await
    }

    /// Erases those of these versions that there are.
    pub async fn destroy_these(
        &self,
        caller: &Caller,
        address: &Address,
        versions: &[Version],
    ) -> Result<Shifted, Error> {
        self.shift_these(caller, (DESTROY, address), versions, VersionState::Destroyed)
            .await
    }

    async fn shift_these(
        &self,
        caller: &Caller,
        (ask, address): (Ask, &Address),
        versions: &[Version],
        state: VersionState,
    ) -> Result<Shifted, Error> {
        for _ in 0..ATTEMPTS {
            let (_, present) = self.present_secret(caller, ask, address).await?;
            let moved = self
                .move_versions(caller, (ask, address), &present, versions, state)
                .await?;
            if let Some(applied) = moved {
                let skipped = versions.iter().filter(|version| !applied.contains(version));
                return Ok(Shifted {
                    skipped: skipped.copied().collect(),
                    applied,
                });
            }
        }
        Err(contended(address))
    }

    /// Moves those of `versions` that there are and that can come to `state`; `None`: decide anew.
    async fn move_versions(
        &self,
        caller: &Caller,
        (ask, address): (Ask, &Address),
        present: &Secret,
        versions: &[Version],
        state: VersionState,
    ) -> Result<Option<Vec<Version>>, Error> {
        check_unmanaged(address, Some(present))?;
        let located = self
            .authorise(caller, ask, &address.place, Some(&address.name))
            .await?;
        let known = self.store.versions(present.id).await?;
        let moves = |wanted: &&Version| {
            let meta = known.iter().find(|meta| meta.version == **wanted);
            meta.is_some_and(|meta| meta.state != state && meta.state != VersionState::Destroyed)
        };
        let applied: Vec<Version> = versions.iter().filter(moves).copied().collect();
        let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
        if applied.is_empty() {
            self.store.record(located.organization.id, event).await?;
            return Ok(Some(applied));
        }
        let mut plan = Plan::new(&address.place, &located, event);
        plan.shift(present, &known, &applied, state);
        Ok(self.try_commit(plan.finish()).await?.then_some(applied))
    }
}
