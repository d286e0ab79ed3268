//! The one address of every secret, whatever door wrote it:
//! `coffer://<organization>/<vault>/<environment>/<name>[#field][?version=N]`.

use std::{fmt, num::NonZeroU64, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::name::{BadName, EnvName, OrgName, SecretName, VaultName};

/// A version number: 1 for the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(NonZeroU64);

impl Version {
    /// The first version of a secret.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// Version `number`, unless it is 0.
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// Its number.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// The version after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An environment of a vault, by names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The tenant.
    pub organization: OrgName,
    /// The vault in it.
    pub vault: VaultName,
    /// The environment of the vault.
    pub environment: EnvName,
}

impl Place {
    /// The address of `name` in this place.
    pub fn secret(&self, name: SecretName) -> Address {
        Address {
            place: self.clone(),
            name,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "coffer://{}/{}/{}",
            self.organization, self.vault, self.environment
        )
    }
}

/// A secret, by names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Where it is.
    pub place: Place,
    /// What it is called there.
    pub name: SecretName,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.place, self.name)
    }
}

/// A reference: an address, perhaps with a field of a JSON value and a pinned version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The secret.
    pub address: Address,
    /// A field of its JSON value.
    pub field: Option<String>,
    /// A pinned version; the current one without.
    pub version: Option<Version>,
}

/// Why a text is not a [`Reference`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadReference {
    /// Not of the form `coffer://organization/vault/environment/name`.
    #[error(
        "a reference has the form coffer://<organization>/<vault>/<environment>/<name>[#field][?version=N]"
    )]
    Form,
    /// One of its names is not one.
    #[error(transparent)]
    Name(#[from] BadName),
    /// After `?` stands something else than `version=` and a number from 1.
    #[error("after '?' a reference takes version=N, N from 1")]
    Version,
}

impl FromStr for Reference {
    type Err = BadReference;

    fn from_str(text: &str) -> Result<Self, BadReference> {
        let rest = text.strip_prefix("coffer://").ok_or(BadReference::Form)?;
        let (rest, version) = split(rest, '?');
        let (path, field) = split(rest, '#');
        let mut parts = path.splitn(4, '/');
        let mut part = || parts.next().ok_or(BadReference::Form);
        let place = Place {
            organization: OrgName::new(part()?)?,
            vault: VaultName::new(part()?)?,
            environment: EnvName::new(part()?)?,
        };
        let address = place.secret(SecretName::new(part()?)?);
        if field == Some("") {
            return Err(BadReference::Form);
        }
        Ok(Self {
            address,
            field: field.map(str::to_owned),
            version: version.map(parse_version).transpose()?,
        })
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at)
        .map_or((text, None), |(head, tail)| (head, Some(tail)))
}

fn parse_version(query: &str) -> Result<Version, BadReference> {
    let number = query.strip_prefix("version=").ok_or(BadReference::Version)?;
    number
        .parse()
        .ok()
        .and_then(Version::new)
        .ok_or(BadReference::Version)
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        if let Some(field) = &self.field {
            write!(f, "#{field}")?;
        }
        self.version
            .map_or(Ok(()), |version| write!(f, "?version={version}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_prints_as_it_was_read() {
        for text in [
            "coffer://team/app/default/DATABASE_URL",
            "coffer://team/app/prod/app/api",
            "coffer://team/app/prod/app/api#token",
            "coffer://team/app/prod/app/api?version=3",
            "coffer://team/app/prod/app/api#token?version=3",
        ] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_reference_is_refused() {
        for text in [
            "team/app/default/X",
            "coffer://team/app/default",
            "coffer://team//default/X",
            "coffer://t/v/e/../x",
            "coffer://t/v/e/x?version=0",
            "coffer://t/v/e/x?v=1",
            "coffer://t/v/e/x#",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}
