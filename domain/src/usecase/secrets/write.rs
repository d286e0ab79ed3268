//! Writing a new version.

use super::{
    WRITE,
    plan::{Ownership, Plan},
};
use crate::{
    Error,
    address::{Address, Version},
    audit::Outcome,
    entity::{Secret, VersionMeta},
    metadata::Metadata,
    secret_value::{MAX_BYTES, SecretValue},
    usecase::{ATTEMPTS, Caller, Coffer, contended},
};

/// What a writer expects to find (check-and-set).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// No such secret.
    Absent,
    /// This is the newest version.
    Latest(Version),
}

/// How to write.
#[derive(Debug, Clone, Default)]
pub struct PutOptions {
    /// Write only if this is so.
    pub expected: Option<Expected>,
    /// What is said of it from now on; `None` leaves that as it is.
    pub metadata: Option<Metadata>,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The secret as it is now.
    pub secret: Secret,
    /// The new version.
    pub meta: VersionMeta,
}

impl Coffer {
    /// Writes a new version of a secret, which becomes the current one.
    pub async fn put_secret(
        &self,
        caller: &Caller,
        address: &Address,
        value: SecretValue,
        options: PutOptions,
    ) -> Result<Written, Error> {
        check_size(&value)?;
        options.metadata.as_ref().map_or(Ok(()), Metadata::check)?;
        for _ in 0..ATTEMPTS {
            let located = self
                .authorise(caller, WRITE, &address.place, Some(&address.name))
                .await?;
            let present = self
                .store
                .secret(located.vault.id, &address.place.environment, &address.name)
                .await?;
            check_unmanaged(address, present.as_ref())?;
            check_mutable(address, present.as_ref())?;
            check_expected(address, present.as_ref(), options.expected)?;
            let event = self.event(caller, WRITE.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            let (secret, meta) = plan.write(
                self,
                &address.name,
                present.as_ref(),
                value.clone(),
                Ownership {
                    metadata: options.metadata.clone(),
                    ..Ownership::default()
                },
            );
            if self.try_commit(plan.finish()).await? {
                return Ok(Written { secret, meta });
            }
        }
        Err(contended(address))
    }
}

pub(super) fn check_size(value: &SecretValue) -> Result<(), Error> {
    if value.len() > MAX_BYTES {
        Err(Error::TooLarge { bytes: value.len() })
    } else {
        Ok(())
    }
}

pub(super) fn check_unmanaged(address: &Address, present: Option<&Secret>) -> Result<(), Error> {
    match present.and_then(|secret| secret.owner.clone()) {
        Some(owner) => Err(Error::Managed {
            what: address.to_string(),
            owner,
        }),
        None => Ok(()),
    }
}

/// What keeps its first value takes no other.
pub(super) fn check_mutable(address: &Address, present: Option<&Secret>) -> Result<(), Error> {
    let metadata = present.and_then(|secret| secret.metadata.as_ref());
    match metadata.filter(|metadata| metadata.immutable) {
        Some(metadata) => Err(Error::Refused(format!(
            "{address} is a {} whose value never changes; make another",
            metadata.kind.noun()
        ))),
        None => Ok(()),
    }
}

fn check_expected(
    address: &Address,
    present: Option<&Secret>,
    expected: Option<Expected>,
) -> Result<(), Error> {
    let latest = present.map(|secret| secret.latest);
    let holds = match expected {
        None => true,
        Some(Expected::Absent) => latest.is_none(),
        Some(Expected::Latest(version)) => latest == Some(version),
    };
    if holds {
        return Ok(());
    }
    let found = latest.map_or_else(
        || "does not exist".to_owned(),
        |version| format!("is at version {version}"),
    );
    Err(Error::Conflict(format!(
        "{address} {found}, which is not what the request expects"
    )))
}
