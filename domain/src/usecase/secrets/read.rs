//! Reading: values, lists, versions.

use super::{LIST, READ};
use crate::{
    Error,
    address::{Address, Place, Version},
    audit::Outcome,
    entity::{Purpose, Secret, VersionMeta, VersionState},
    metadata::Why,
    name::{EnvName, SecretName},
    principal::Principal,
    rights::{Decision, Permission, Target, decide},
    secret_value::SecretValue,
    store::{LocatedVault, Opened},
    usecase::{Caller, Coffer, MAX_PAGE, access::not_found, nearest},
};

/// A value, as read.
#[derive(Debug)]
pub struct Read {
    /// The secret.
    pub secret: Secret,
    /// The version read.
    pub meta: VersionMeta,
    /// Its value.
    pub value: SecretValue,
}

/// Looking at versions without their values.
pub(in crate::usecase) const VERSIONS: &str = "secret.versions";

/// A version, as it was found.
#[derive(Debug)]
pub struct Looked {
    /// The secret.
    pub secret: Secret,
    /// The version.
    pub meta: VersionMeta,
    /// Its value, if it can be read.
    pub value: Option<SecretValue>,
}

impl Coffer {
    /// The value of a secret: the current version, or `version`.
    pub async fn read_secret(
        &self,
        caller: &Caller,
        address: &Address,
        version: Option<Version>,
    ) -> Result<Read, Error> {
        let (located, opened) = self.open_for(caller, address, version).await?;
        let read = readable(opened, address, version)?;
        self.note_read(caller, address, &located, (&read.secret, &read.meta))
            .await?;
        Ok(read)
    }

    /// The same, where a version that cannot be read is shown without its value.
    pub async fn look_at_secret(
        &self,
        caller: &Caller,
        address: &Address,
        version: Option<Version>,
    ) -> Result<Looked, Error> {
        let (located, Opened { secret, meta, value }) = self.open_for(caller, address, version).await?;
        if value.is_some() {
            self.note_read(caller, address, &located, (&secret, &meta))
                .await?;
        } else {
            // What became of it is told, and no value.
            let mut event = self.event(caller, VERSIONS, address.to_string(), Outcome::Allowed);
            event.versions.push(meta.version.to_string());
            self.store.record(located.organization.id, event).await?;
        }
        Ok(Looked { secret, meta, value })
    }

    async fn open_for(
        &self,
        caller: &Caller,
        address: &Address,
        version: Option<Version>,
    ) -> Result<(LocatedVault, Opened), Error> {
        let located = self
            .authorise(caller, READ, &address.place, Some(&address.name))
            .await?;
        let opened = self
            .store
            .open(&located, &address.place.environment, &address.name, version)
            .await?;
        let Some(opened) = opened else {
            return Err(self.missing_version(caller, &located, address, version).await?);
        };
        check_item(caller, &opened.secret, address)?;
        self.check_usable(&opened.secret, address)?;
        Ok((located, opened))
    }

    async fn note_read(
        &self,
        caller: &Caller,
        address: &Address,
        located: &LocatedVault,
        (secret, meta): (&Secret, &VersionMeta),
    ) -> Result<(), Error> {
        let mut event = self.event(caller, READ.action, address.to_string(), Outcome::Allowed);
        event.versions.push(meta.version.to_string());
        self.record_access(located.organization.id, secret, event).await
    }

    /// The secrets of an environment that the caller may see, by name, after `after`; deleted ones too.
    pub async fn list_secrets(
        &self,
        caller: &Caller,
        place: &Place,
        after: Option<&SecretName>,
        limit: u32,
    ) -> Result<Vec<Secret>, Error> {
        let located = self.authorise(caller, LIST, place, None).await?;
        let limit = limit.clamp(1, MAX_PAGE);
        let mut visible: Vec<Secret> = Vec::new();
        let mut after = after.cloned();
        loop {
            let page = self
                .store
                .secrets(located.vault.id, &place.environment, after.as_ref(), limit)
                .await?;
            after = page.last().map(|secret| secret.name.clone());
            let complete = (page.len() as u64) < u64::from(limit);
            visible.extend(
                page.into_iter()
                    .filter(|secret| may_list(caller, &located, secret)),
            );
            if complete || visible.len() as u64 >= u64::from(limit) {
                break;
            }
        }
        visible.truncate(limit as usize);
        let event = self.event(caller, LIST.action, place.to_string(), Outcome::Allowed);
        self.store.record(located.organization.id, event).await?;
        Ok(visible)
    }

    /// A secret and its versions, newest first, without values.
    pub async fn list_versions(
        &self,
        caller: &Caller,
        address: &Address,
    ) -> Result<(Secret, Vec<VersionMeta>), Error> {
        let located = self
            .authorise(caller, LIST, &address.place, Some(&address.name))
            .await?;
        let Some(secret) = self
            .store
            .secret(located.vault.id, &address.place.environment, &address.name)
            .await?
        else {
            return Err(self.missing_secret(caller, &located, address).await?);
        };
        let versions = self.store.versions(secret.id).await?;
        let event = self.event(caller, VERSIONS, address.to_string(), Outcome::Allowed);
        self.store.record(located.organization.id, event).await?;
        Ok((secret, versions))
    }

    /// "Not found": the version of a secret that is there, or the secret.
    async fn missing_version(
        &self,
        caller: &Caller,
        located: &LocatedVault,
        address: &Address,
        version: Option<Version>,
    ) -> Result<Error, Error> {
        let (vault, environment) = (located.vault.id, &address.place.environment);
        let secret = match version {
            Some(_) => self.store.secret(vault, environment, &address.name).await?,
            None => None,
        };
        match (secret, version) {
            (Some(_), Some(version)) => Ok(not_found("version", format!("{version} of {address}"))),
            _ => self.missing_secret(caller, located, address).await,
        }
    }

    /// "Not found", with the nearest name that the caller may list.
    pub(crate) async fn missing_secret(
        &self,
        caller: &Caller,
        located: &LocatedVault,
        address: &Address,
    ) -> Result<Error, Error> {
        let known = self
            .store
            .secrets(located.vault.id, &address.place.environment, None, MAX_PAGE)
            .await?;
        let visible = known.iter().filter(|secret| may_list(caller, located, secret));
        let nearest = nearest(address.name.as_str(), visible.map(|secret| secret.name.as_str()));
        Ok(Error::NotFound {
            what: "secret",
            name: address.to_string(),
            nearest,
        })
    }
}

pub(super) fn may_list(caller: &Caller, located: &LocatedVault, secret: &Secret) -> bool {
    may_list_name(caller, located, (&secret.environment, &secret.name))
}

/// Whether the caller may see that there is a secret of this name.
pub(in crate::usecase) fn may_list_name(
    caller: &Caller,
    located: &LocatedVault,
    (environment, name): (&EnvName, &SecretName),
) -> bool {
    let target = Target {
        organization: located.organization.id,
        vault: Some(located.vault.name.as_str()),
        environment: Some(environment.as_str()),
        name: Some(name.as_str()),
    };
    decide(&caller.principal, Permission::List, &target, Some(&located.vault)) == Decision::Allow
}

impl Coffer {
    /// Whether what is said of a secret lets its value be read now. A disabled one is not there.
    pub(crate) fn check_usable(&self, secret: &Secret, address: &Address) -> Result<(), Error> {
        // Most secrets have nothing said of them, and need not know the time.
        let Some(metadata) = &secret.metadata else {
            return Ok(());
        };
        match metadata.usable(self.clock.now()) {
            Ok(()) => Ok(()),
            Err(Why::Disabled) => Err(not_found("secret", address.to_string())),
            Err(why) => Err(Error::Unusable {
                what: address.to_string(),
                why,
            }),
        }
    }
}

/// A secret that took the name of the one a key is for is another one.
fn check_item(caller: &Caller, secret: &Secret, address: &Address) -> Result<(), Error> {
    match &caller.principal {
        Principal::ApiKey(key) if matches!(key.purpose, Purpose::Item(only) if only != secret.id) => {
            Err(not_found("secret", address.to_string()))
        }
        _ => Ok(()),
    }
}

pub(super) fn readable(opened: Opened, address: &Address, version: Option<Version>) -> Result<Read, Error> {
    let Opened { secret, meta, value } = opened;
    if let (VersionState::Live, Some(value)) = (meta.state, value) {
        return Ok(Read { secret, meta, value });
    }
    let version = version.unwrap_or(meta.version).get();
    let address = address.to_string();
    match meta.state {
        VersionState::Live => Err(not_found("version", format!("{version} of {address}"))),
        VersionState::Deleted => Err(Error::Deleted { address, version }),
        VersionState::Destroyed => Err(Error::Destroyed { address, version }),
    }
}
