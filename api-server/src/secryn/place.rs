//! Ids and names in paths to places that the domain knows. Every secret, key and certificate of this door is in
//! its vault's environment `default`.

use coffer_domain::{
    address::{Address, Place},
    entity::{Purpose, Secret},
    id::{SecretId, VaultId},
    metadata::Kind,
    name::{EnvName, Label, OrgName, SecretName, VaultName},
    principal::Principal,
    usecase::Caller,
};

use super::{auth::account, error::ApiError};
use crate::{
    app::App,
    http::fields::{FieldFault, Fields},
};

/// A vault that a path names: there is one, and whether the caller may know of it is decided by what is done next.
#[derive(Debug, Clone)]
pub struct VaultAt {
    /// Its organization.
    pub organization: OrgName,
    /// Its name.
    pub name: VaultName,
}

impl VaultAt {
    /// By its id, or by its exact name in the caller's own organization.
    pub async fn of(app: &App, caller: &Caller, text: &str) -> Result<Self, ApiError> {
        // The token of one key or certificate is for that, by its own path.
        if let Principal::ApiKey(key) = &caller.principal
            && matches!(key.purpose, Purpose::Item(_))
        {
            return Err(ApiError::Forbidden("the token is not for vaults"));
        }
        let missing = || ApiError::Outside("the vault");
        if let Ok(id) = text.parse::<VaultId>() {
            let (organization, name) = app.coffer.vault_names(id).await?.ok_or_else(missing)?;
            return Ok(Self { organization, name });
        }
        let name = VaultName::new(text).map_err(|_| missing())?;
        let organization = account(&app.coffer, caller).await?;
        Ok(Self { organization, name })
    }

    /// Where its things are.
    pub fn place(&self) -> Place {
        Place {
            organization: self.organization.clone(),
            vault: self.name.clone(),
            environment: EnvName::default_environment(),
        }
    }

    /// The address of what `text` names in it: a name, or an id of something there.
    pub async fn address(&self, app: &App, text: &str, kind: Kind) -> Result<Address, ApiError> {
        if let Ok(id) = text.parse::<SecretId>()
            && let Some(address) = self.by_id(app, id).await?
        {
            return Ok(address);
        }
        let name = SecretName::new(text).map_err(|_| missing(kind))?;
        Ok(self.place().secret(name))
    }

    /// The address of what has this id in it.
    pub async fn by_id(&self, app: &App, id: SecretId) -> Result<Option<Address>, ApiError> {
        let found = app.coffer.secret_address(id).await?;
        let place = self.place();
        Ok(found
            .filter(|(address, trashed)| !trashed && address.place == place)
            .map(|(address, _)| address))
    }

    /// The things of this kind in it that the caller may see, oldest first.
    pub async fn listed(&self, app: &App, caller: &Caller, kind: Kind) -> Result<Vec<Secret>, ApiError> {
        let all = app
            .coffer
            .list_vault_secrets(caller, &self.organization, &self.name)
            .await?;
        let environment = self.place().environment;
        let here = |secret: &Secret| secret.environment == environment && secret.kind() == kind;
        Ok(all.into_iter().filter(here).collect())
    }

    /// The thing of this kind that `text` names in it, and its address.
    pub async fn find(
        &self,
        app: &App,
        caller: &Caller,
        text: &str,
        kind: Kind,
    ) -> Result<(Address, Secret), ApiError> {
        let address = self.address(app, text, kind).await?;
        let secret = app.coffer.describe_secret(caller, &address).await?;
        check_kind(&secret, kind)?;
        Ok((address, secret))
    }
}

/// What is of another kind, or was deleted, is not there.
pub fn check_kind(secret: &Secret, kind: Kind) -> Result<(), ApiError> {
    if secret.kind() == kind && secret.current.is_some() {
        Ok(())
    } else {
        Err(missing(kind))
    }
}

/// There is none of this kind.
pub fn missing(kind: Kind) -> ApiError {
    ApiError::NotFound(the(kind))
}

/// What a thing of this kind is called.
pub fn the(kind: Kind) -> &'static str {
    match kind {
        Kind::Value => "the secret",
        Kind::Key => "the key",
        Kind::Certificate => "the certificate",
    }
}

/// The name that a body gives to something in a vault.
pub fn name(fields: &mut Fields) -> Result<SecretName, FieldFault> {
    let name = fields.label("name", 1024)?;
    SecretName::new(name).map_err(|bad| FieldFault::new("name", format!("must be {}", bad.rule)))
}

/// The name for people that a body gives to something that has an id.
pub fn label(fields: &mut Fields) -> Result<Label, FieldFault> {
    let label = fields.label("name", 255)?;
    Label::new(label).map_err(|bad| FieldFault::new("name", format!("must be {}", bad.rule)))
}
