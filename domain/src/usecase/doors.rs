//! What the doors ask to wire themselves: nothing here is an access, and nothing of it is told to a client
//! that could not see it anyway.

use std::collections::BTreeSet;

use super::{Caller, Coffer, consumers::Wanted};
use crate::{
    Error,
    address::{Address, Place},
    entity::Organization,
    id::{OrgId, SecretId, VaultId},
    name::{OrgName, SecretName, VaultName},
    principal::Principal,
};

impl Coffer {
    /// The ids by which changes name a place, so that a door can tell which of its streams a change concerns.
    pub async fn place_ids(&self, place: &Place) -> Result<Option<(OrgId, VaultId)>, Error> {
        let located = self.store.vault(&place.organization, &place.vault).await?;
        Ok(located.map(|located| (located.organization.id, located.vault.id)))
    }

    /// The names of the vault of this id. Whoever asks is judged by what is asked next.
    pub async fn vault_names(&self, id: VaultId) -> Result<Option<(OrgName, VaultName)>, Error> {
        let located = self.store.vault_by_id(id).await?;
        Ok(located.map(|located| (located.organization.name, located.vault.name.clone())))
    }

    /// The address of the secret of this id, and whether it is in the trash. Whoever asks is judged by what is
    /// asked next.
    pub async fn secret_address(&self, id: SecretId) -> Result<Option<(Address, bool)>, Error> {
        let Some(secret) = self.store.secret_by_id(id).await? else {
            return Ok(None);
        };
        let located = self.store.vault_by_id(secret.vault).await?;
        Ok(located.map(|located| {
            let place = Place {
                organization: located.organization.name,
                vault: located.vault.name.clone(),
                environment: secret.environment,
            };
            (place.secret(secret.name), secret.trashed.is_some())
        }))
    }

    /// The id of the organization of this name, for a door whose settings name it.
    pub async fn organization_id(&self, name: &OrgName) -> Result<Option<OrgId>, Error> {
        Ok(self.store.organization(name).await?.map(|found| found.id))
    }

    /// The organization that an API key or a user belongs to, for themselves.
    pub async fn own_organization(&self, caller: &Caller) -> Result<Option<Organization>, Error> {
        match &caller.principal {
            Principal::ApiKey(key) => Ok(self.store.organization_by_id(key.organization).await?),
            Principal::User(user) => Ok(self.store.organization_by_id(user.home).await?),
            Principal::External(subject) => Ok(self.store.organization_by_id(subject.home).await?),
            Principal::Workload(_) | Principal::Controller => Ok(None),
        }
    }

    /// Which of `names`, among those that a pod wants, an env file cannot carry, each with the reason: asked
    /// before a delivery, so that the ledger says of none that it was sent. The values stay here.
    pub async fn env_file_unfit(
        &self,
        caller: &Caller,
        place: &Place,
        wanted: &Wanted,
        names: &BTreeSet<SecretName>,
    ) -> Result<Vec<(SecretName, String)>, Error> {
        let mut unfit = Vec::new();
        if names.is_empty() {
            return Ok(unfit);
        }
        let (located, secrets) = self.wanted_secrets(caller, place, wanted).await?;
        for secret in secrets.into_iter().filter(|secret| names.contains(&secret.name)) {
            let opened = self
                .store
                .open(&located, &place.environment, &secret.name, None)
                .await?;
            let why = opened.and_then(|opened| opened.meta.env_file_unfit);
            unfit.extend(why.map(|why| (secret.name, why)));
        }
        Ok(unfit)
    }
}
