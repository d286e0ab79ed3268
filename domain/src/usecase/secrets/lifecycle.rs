//! Delete, undelete, destroy.

use super::{DELETE, DESTROY, UNDELETE, plan::Plan, write::check_unmanaged};
use crate::{
    Error,
    address::{Address, Version},
    audit::Outcome,
    entity::{Secret, VersionMeta, VersionState},
    usecase::{
        ATTEMPTS, Caller, Coffer,
        access::{Ask, not_found},
        contended,
    },
};

/// Which versions are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them: the secret as a whole. For undelete: the latest.
    All,
    /// These.
    These(Vec<Version>),
}

impl Coffer {
    /// Makes versions unreadable until they are undeleted. Deleting what is deleted changes nothing.
    pub async fn delete_secret(
        &self,
        caller: &Caller,
        address: &Address,
        which: &Which,
    ) -> Result<Secret, Error> {
        self.shift(caller, DELETE, address, which, VersionState::Deleted)
            .await
    }

    /// Makes deleted versions readable again.
    pub async fn undelete_secret(
        &self,
        caller: &Caller,
        address: &Address,
        which: &Which,
    ) -> Result<Secret, Error> {
        self.shift(caller, UNDELETE, address, which, VersionState::Live)
            .await
    }

    /// Erases versions for ever.
    pub async fn destroy_secret(
        &self,
        caller: &Caller,
        address: &Address,
        which: &Which,
    ) -> Result<Secret, Error> {
        self.shift(caller, DESTROY, address, which, VersionState::Destroyed)
            .await
    }

    async fn shift(
        &self,
        caller: &Caller,
        ask: Ask,
        address: &Address,
        which: &Which,
        state: VersionState,
    ) -> Result<Secret, Error> {
        for _ in 0..ATTEMPTS {
            let located = self
                .authorise(caller, ask, &address.place, Some(&address.name))
                .await?;
            let found = self
                .store
                .secret(located.vault.id, &address.place.environment, &address.name)
                .await?;
            let Some(secret) = found else {
                return Err(self.missing_secret(caller, &located, address).await?);
            };
            check_unmanaged(address, Some(&secret))?;
            let versions = self.store.versions(secret.id).await?;
            let moved = affected(address, &secret, &versions, which, state)?;
            if moved.is_empty() {
                return Ok(secret);
            }
            let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            plan.shift(&secret, &versions, &moved, state);
            if self.try_commit(plan.finish()).await? {
                let (environment, name) = (&address.place.environment, &address.name);
                let now = self.store.secret(located.vault.id, environment, name).await?;
                return Ok(now.unwrap_or(secret));
            }
        }
        Err(contended(address))
    }
}

/// The versions among those meant that are not in `state` yet and can come to it.
fn affected(
    address: &Address,
    secret: &Secret,
    versions: &[VersionMeta],
    which: &Which,
    state: VersionState,
) -> Result<Vec<Version>, Error> {
    let meant = match which {
        Which::All if state == VersionState::Live => vec![secret.latest],
        Which::All => versions.iter().map(|meta| meta.version).collect(),
        Which::These(these) => these.clone(),
    };
    let mut moved = Vec::new();
    for version in meant {
        let meta = versions.iter().find(|meta| meta.version == version);
        let meta = meta.ok_or_else(|| not_found("version", format!("{version} of {address}")))?;
        match (meta.state, state) {
            (VersionState::Destroyed, VersionState::Live) => {
                return Err(Error::Destroyed {
                    address: address.to_string(),
                    version: version.get(),
                });
            }
            (VersionState::Destroyed, _) => {}
            (from, to) if from == to => {}
            _ => moved.push(version),
        }
    }
    Ok(moved)
}
