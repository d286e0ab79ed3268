//! The first steps in an empty store: an organization with a vault and an administrator's key.

use coffer_domain::{
    Error,
    audit::Origin,
    entity::KeyReach,
    name::{EnvName, Label, OrgName, VaultName},
    rights::Grant,
    secret_value::SecretValue,
    usecase::{Caller, Coffer, api_keys::NewApiKey, vaults::VaultSettings},
};
use serde::Serialize;

use crate::http::dialect::Dialect;

/// The name of what is made if nothing else is said: organization, vault and environment.
pub const DEFAULT: &str = "default";

/// What was prepared.
#[derive(Debug)]
pub struct Bootstrap {
    /// The organization.
    pub organization: OrgName,
    /// Its vault.
    pub vault: VaultName,
    /// The vault's environment.
    pub environment: EnvName,
    /// The administrator's token, shown this once.
    pub token: SecretValue,
    /// Whether the organization was there before: then only a fresh key was made.
    pub existed: bool,
}

/// The one JSON object that `coffer bootstrap` prints.
#[derive(Serialize)]
struct Printed<'a> {
    organization: &'a str,
    vault: &'a str,
    environment: &'a str,
    token: &'a str,
    base_url: &'a str,
}

/// The same for a dialect: its own base address, beside the server's.
#[derive(Serialize)]
struct PrintedFor<'a> {
    dialect: &'a str,
    base_url: String,
    server: &'a str,
    organization: &'a str,
    token: &'a str,
}

/// Prepares `organization`. Called again, it loses nothing and makes one more administrator's key.
pub async fn bootstrap(coffer: &Coffer, organization: &OrgName) -> Result<Bootstrap, Error> {
    let caller = Caller {
        origin: Origin {
            door: "cli",
            ..Origin::controller()
        },
        ..Caller::controller()
    };
    let vault = VaultName::new(DEFAULT)?;
    let environment = EnvName::new(DEFAULT)?;
    coffer.ensure_organization(&caller, organization).await?;
    let settings = VaultSettings {
        environments: vec![environment.clone()],
        access: Vec::new(),
        owner: None,
    };
    let existed = match coffer.create_vault(&caller, organization, &vault, settings).await {
        Ok(_) => false,
        Err(Error::AlreadyExists { .. }) => true,
        Err(other) => return Err(other),
    };
    let mut key = NewApiKey::plain(
        Label::new("bootstrap administrator")?,
        vec![Grant::administrator()],
    );
    // Also of the projects that dialects may make of this organization.
    key.details.reach = KeyReach::Account;
    let issued = coffer.create_api_key(&caller, organization, key).await?;
    let organization = organization.clone();
    Ok(Bootstrap {
        organization,
        vault,
        environment,
        token: issued.token.secret().clone(),
        existed,
    })
}

impl Bootstrap {
    /// The JSON object to print, the token in it, for a server at `base_url`.
    pub fn json(&self, base_url: &str) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Printed {
            organization: self.organization.as_str(),
            vault: self.vault.as_str(),
            environment: self.environment.as_str(),
            token: std::str::from_utf8(self.token.reveal()).unwrap_or_default(),
            base_url,
        })
    }

    /// The JSON object to print for a client of `dialect` of the server at `server`.
    pub fn json_for(&self, dialect: &Dialect, server: &str) -> Result<String, serde_json::Error> {
        let server = server.trim_end_matches('/');
        serde_json::to_string(&PrintedFor {
            dialect: dialect.name,
            base_url: format!("{server}/{}{}", dialect.name, dialect.base),
            server,
            organization: self.organization.as_str(),
            token: std::str::from_utf8(self.token.reveal()).unwrap_or_default(),
        })
    }
}
