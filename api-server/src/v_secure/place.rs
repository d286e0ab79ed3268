//! Where this door's secrets are: in the account's vault `default`; those of the default region in its environment
//! `default`, those of another region in an environment of the region's name, which is made with its first secret.

use coffer_domain::{
    Error,
    address::{Address, Place, Version},
    entity::Secret,
    id::OrgId,
    name::{EnvName, OrgName, SecretName, VaultName},
    usecase::{Caller, secrets::Read},
};

use super::error::ApiError;
use crate::{app::App, http::fields::FieldFault};

/// The account's vault.
pub const VAULT: &str = "default";
/// The longest name of a secret.
const LONGEST: usize = 255;

/// A region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region(&'static str);

impl Region {
    /// Every region, the default one first.
    pub const ALL: [Self; 7] = [
        Self("us-east-1"),
        Self("us-west-2"),
        Self("ca-central-1"),
        Self("eu-west-1"),
        Self("eu-central-1"),
        Self("ap-southeast-1"),
        Self("ap-northeast-1"),
    ];

    /// The region of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.0 == text)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    fn is_default(self) -> bool {
        self == Self::ALL[0]
    }

    fn environment(self) -> Result<EnvName, Error> {
        if self.is_default() {
            return Ok(EnvName::default_environment());
        }
        Ok(EnvName::new(self.0)?)
    }

    /// The region whose secrets are in this environment.
    pub fn of_environment(environment: &EnvName) -> Option<Self> {
        if *environment == EnvName::default_environment() {
            return Some(Self::ALL[0]);
        }
        Self::parse(environment.as_str()).filter(|region| !region.is_default())
    }
}

/// An account, and the region that a request is confined to, if it is.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its organization.
    pub name: OrgName,
    /// The same, by id.
    pub id: OrgId,
    /// The region.
    pub region: Option<Region>,
}

impl Account {
    /// Where a region's secrets are.
    pub fn place(&self, region: Region) -> Result<Place, Error> {
        Ok(Place {
            organization: self.name.clone(),
            vault: VaultName::new(VAULT)?,
            environment: region.environment()?,
        })
    }

    /// Where writes go: the region asked for, or else the default one.
    pub fn home(&self) -> Result<Place, Error> {
        self.place(self.region.unwrap_or(Region::ALL[0]))
    }

    /// Where a request may be about, in this order.
    pub fn places(&self) -> Result<Vec<Place>, Error> {
        match self.region {
            Some(region) => Ok(vec![self.place(region)?]),
            None => Region::ALL.into_iter().map(|region| self.place(region)).collect(),
        }
    }

    /// The address of a name where writes go.
    pub fn address(&self, name: SecretName) -> Result<Address, Error> {
        Ok(self.home()?.secret(name))
    }

    /// Makes sure that there is a place to write to.
    pub async fn prepare(&self, app: &App, caller: &Caller) -> Result<(), Error> {
        match self.region {
            Some(region) if !region.is_default() => {
                app.coffer.ensure_partition(caller, &self.place(region)?).await
            }
            _ => Ok(()),
        }
    }

    /// The secrets that a request may see, in the order of their making, with the region of each.
    pub async fn list(&self, app: &App, caller: &Caller) -> Result<Vec<(Region, Secret)>, ApiError> {
        let vault = VaultName::new(VAULT).map_err(Error::from)?;
        let all = app.coffer.list_vault_secrets(caller, &self.name, &vault).await?;
        let here = |secret: Secret| {
            let region = Region::of_environment(&secret.environment)?;
            let wanted = self.region.is_none_or(|wanted| wanted == region);
            (wanted && is_name(secret.name.as_str())).then_some((region, secret))
        };
        let mut found: Vec<_> = all.into_iter().filter_map(here).collect();
        found.sort_by_key(|(_, secret)| secret.id);
        Ok(found)
    }

    /// Reads a secret in the first region that has it, the default one first.
    pub async fn read(
        &self,
        app: &App,
        caller: &Caller,
        name: &SecretName,
        version: Option<Version>,
    ) -> Result<Read, ApiError> {
        // Most secrets are where writes go by themselves: then it need not be known which regions there are.
        let home = self.address(name.clone())?;
        if let Some(found) = self.read_at(app, caller, &home, version).await? {
            return Ok(found);
        }
        for place in self.present_places(app, caller).await? {
            let address = place.secret(name.clone());
            if address != home
                && let Some(found) = self.read_at(app, caller, &address, version).await?
            {
                return Ok(found);
            }
        }
        Err(ApiError::NoSecret(name.to_string(), None))
    }

    /// Reads a secret, if it is there.
    async fn read_at(
        &self,
        app: &App,
        caller: &Caller,
        address: &Address,
        version: Option<Version>,
    ) -> Result<Option<Read>, ApiError> {
        match app.coffer.read_secret(caller, address, version).await {
            Err(Error::NotFound {
                what: "secret" | "environment",
                ..
            }) => Ok(None),
            // Who asks for no region asks which there are, and is told of the vault.
            Err(error @ Error::NotFound { what: "vault", .. }) if self.region.is_none() => Err(error.into()),
            Err(other) => Err(ApiError::of_secret(other, &address.name)),
            Ok(read) => Ok(Some(read)),
        }
    }

    /// Where reads look, in this order: the region asked for, or else all that there are by now.
    pub async fn present_places(&self, app: &App, caller: &Caller) -> Result<Vec<Place>, Error> {
        if let Some(region) = self.region {
            return Ok(vec![self.place(region)?]);
        }
        let vault = VaultName::new(VAULT)?;
        let known = match app.coffer.partitions(caller, &self.name, &vault).await {
            Ok(known) => known,
            // Who may read and not list is shown no regions: the default one is where everything is by itself.
            Err(Error::Forbidden { .. }) => vec![EnvName::default_environment()],
            Err(other) => return Err(other),
        };
        let present = |region: &Region| {
            known
                .iter()
                .any(|name| Region::of_environment(name) == Some(*region))
        };
        let regions = Region::ALL.into_iter().filter(present);
        regions.map(|region| self.place(region)).collect()
    }
}

/// Whether this door can speak of a secret of this name.
pub fn is_name(text: &str) -> bool {
    let first = text.bytes().next();
    text.len() <= LONGEST
        && first.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.contains('/')
}

/// The name that a body gives to a secret.
pub fn name(text: &str) -> Result<SecretName, FieldFault> {
    let rule = "must be 1 to 255 letters, digits, '.', '_' or '-', starting with a letter, digit or '_', without '..'";
    let wrong = || FieldFault::new("name", rule);
    SecretName::new(text)
        .ok()
        .filter(|name| is_name(name.as_str()))
        .ok_or_else(wrong)
}

/// The name that a path gives; nothing has a name that is none.
pub fn named(text: &str) -> Result<SecretName, ApiError> {
    name(text).map_err(|_| ApiError::NoSecret(text.to_owned(), None))
}
