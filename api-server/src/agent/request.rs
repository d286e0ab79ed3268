//! From the wire's strings to the domain's words.

use std::collections::BTreeSet;

use coffer_domain::{
    Error,
    address::{Place, Version},
    name::{EnvName, OrgName, SecretName, VaultName},
    usecase::consumers::Wanted,
};
use coffer_wire::{AckEntry, WatchRequest};

/// The most secrets that one request may name.
const MAX_NAMES: usize = 1000;

/// What a stream is for.
pub struct Subscription {
    /// Where the secrets are.
    pub place: Place,
    /// Which.
    pub wanted: Wanted,
    /// Those that will be written to env files.
    pub env_file: BTreeSet<SecretName>,
    /// How old values may be that pods like this one start with, in seconds.
    pub max_stale: Option<u64>,
}

/// The place that a request names.
pub fn place(organization: String, vault: String, environment: String) -> Result<Place, Error> {
    Ok(Place {
        organization: OrgName::new(organization)?,
        vault: VaultName::new(vault)?,
        environment: EnvName::new(environment)?,
    })
}

impl TryFrom<WatchRequest> for Subscription {
    type Error = Error;

    fn try_from(request: WatchRequest) -> Result<Self, Error> {
        let wanted = match request.names {
            None => Wanted::All,
            Some(texts) => Wanted::Named(names("names", texts)?),
        };
        Ok(Self {
            place: place(request.organization, request.vault, request.environment)?,
            wanted,
            env_file: names("envFileNames", request.env_file_names)?
                .into_iter()
                .collect(),
            max_stale: request.max_stale,
        })
    }
}

fn names(field: &str, texts: Vec<String>) -> Result<Vec<SecretName>, Error> {
    bounded(field, texts.len())?;
    let read = |(at, text): (usize, String)| {
        SecretName::new(text)
            .map_err(|bad| Error::invalid(format!("{field}[{at}]"), format!("must be {}", bad.rule)))
    };
    let mut names = texts
        .into_iter()
        .enumerate()
        .map(read)
        .collect::<Result<Vec<_>, _>>()?;
    names.sort();
    names.dedup();
    Ok(names)
}

/// The versions that an acknowledgement names.
pub fn entries(wire: Vec<AckEntry>) -> Result<Vec<(SecretName, Version)>, Error> {
    bounded("entries", wire.len())?;
    let read = |(at, entry): (usize, AckEntry)| {
        let wrong = |field: &str, rule: &str| {
            Error::invalid(format!("entries[{at}].{field}"), format!("must be {rule}"))
        };
        let name = SecretName::new(entry.name).map_err(|bad| wrong("name", bad.rule))?;
        let version = Version::new(entry.version).ok_or_else(|| wrong("version", "a whole number from 1"))?;
        Ok((name, version))
    };
    wire.into_iter().enumerate().map(read).collect()
}

fn bounded(field: &str, found: usize) -> Result<(), Error> {
    if found > MAX_NAMES {
        return Err(Error::invalid(field, format!("holds at most {MAX_NAMES}")));
    }
    Ok(())
}
