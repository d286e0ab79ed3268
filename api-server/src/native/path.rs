//! Paths to names: past these extractors nothing is a bare string.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use coffer_domain::{
    Error,
    address::{Address, Place},
    id::ApiKeyId,
    name::{EnvName, OrgName, SecretName, VaultName},
};

use super::error::ApiError;
use crate::http::params;

/// `/organizations/{org}`.
pub struct OrgPath(pub OrgName);

/// `…/vaults/{vault}`.
pub struct VaultPath {
    /// The tenant.
    pub organization: OrgName,
    /// The vault.
    pub vault: VaultName,
}

/// `…/environments/{environment}`.
pub struct PlacePath(pub Place);

/// `…/secrets/{name}` or `…/secrets/{name}:verb`; the name may come percent-encoded or with plain slashes.
pub struct SecretPath {
    /// The secret.
    pub address: Address,
    /// What stands after the colon, which no name can hold.
    pub verb: Option<String>,
}

/// `…/api-keys/{id}` or `…/api-keys/{id}:verb`.
pub struct KeyPath {
    /// The tenant.
    pub organization: OrgName,
    /// The key.
    pub id: ApiKeyId,
    /// What stands after the colon.
    pub verb: Option<String>,
}

/// `…/users/{email}`; an address that is none is nobody's.
pub struct UserPath {
    /// The tenant.
    pub organization: OrgName,
    /// The person's address.
    pub email: String,
}

impl<S: Sync> FromRequestParts<S> for UserPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let params = params::of(parts).await?;
        Ok(Self {
            organization: organization(&params)?,
            email: params::get(&params, "email").to_owned(),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for OrgPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(organization(&params::of(parts).await?)?))
    }
}

impl<S: Sync> FromRequestParts<S> for VaultPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let params = params::of(parts).await?;
        Ok(Self {
            organization: organization(&params)?,
            vault: vault(&params)?,
        })
    }
}

impl<S: Sync> FromRequestParts<S> for PlacePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(place(&params::of(parts).await?)?))
    }
}

impl<S: Sync> FromRequestParts<S> for SecretPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let params = params::of(parts).await?;
        let (name, verb) = split_verb(params::get(&params, "name"));
        let name = SecretName::new(name).map_err(Error::from)?;
        Ok(Self {
            address: Address {
                place: place(&params)?,
                name,
            },
            verb,
        })
    }
}

impl<S: Sync> FromRequestParts<S> for KeyPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let params = params::of(parts).await?;
        let (id, verb) = split_verb(params::get(&params, "id"));
        let id = id
            .parse()
            .map_err(|_| Error::invalid("id", "must be the id of an API key, a UUID"))?;
        Ok(Self {
            organization: organization(&params)?,
            id,
            verb,
        })
    }
}

fn organization(params: &RawPathParams) -> Result<OrgName, Error> {
    Ok(OrgName::new(params::get(params, "org"))?)
}

fn vault(params: &RawPathParams) -> Result<VaultName, Error> {
    Ok(VaultName::new(params::get(params, "vault"))?)
}

fn place(params: &RawPathParams) -> Result<Place, Error> {
    let environment = EnvName::new(params::get(params, "environment"))?;
    Ok(Place {
        organization: organization(params)?,
        vault: vault(params)?,
        environment,
    })
}

fn split_verb(text: &str) -> (&str, Option<String>) {
    text.rsplit_once(':')
        .map_or((text, None), |(name, verb)| (name, Some(verb.to_owned())))
}

impl KeyPath {
    /// Refuses a verb where a method takes none.
    pub fn no_verb(&self) -> Result<(), ApiError> {
        self.verb.as_ref().map_or(Ok(()), |_| {
            Err(Error::invalid("verb", "this method takes none").into())
        })
    }
}
