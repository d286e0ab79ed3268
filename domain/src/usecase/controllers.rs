//! What only our own controllers ask to compare what is with what should be. Nothing here reads a value,
//! so nothing is recorded: a controller that restarts leaves no trace.

use std::time::Duration;

use super::{
    ATTEMPTS, Caller, Coffer, MAX_PAGE,
    access::{Ask, not_found},
    contended,
};
use crate::{
    Error,
    address::Place,
    entity::{ApiKey, Owner, Secret, Vault},
    id::{ApiKeyId, OrgId},
    name::{OrgName, SecretName, VaultName},
    principal::Principal,
    rights::Permission,
    usecase::api_keys::IssuedKey,
};

const MANAGE_VAULTS: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "vault.release",
};

impl Coffer {
    /// Those of `names` that are stored in `place`, deleted ones too.
    pub async fn survey_secrets(
        &self,
        caller: &Caller,
        place: &Place,
        names: &[SecretName],
    ) -> Result<Vec<Secret>, Error> {
        controllers_only(caller, place)?;
        let ask = Ask {
            permission: Permission::List,
            action: "secret.survey",
        };
        let located = self.authorise(caller, ask, place, None).await?;
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            found.extend(
                self.store
                    .secret(located.vault.id, &place.environment, name)
                    .await?,
            );
        }
        Ok(found)
    }

    /// How many secrets a vault holds.
    pub async fn count_secrets(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<u64, Error> {
        controllers_only(caller, vault)?;
        let located = self
            .authorise_vault(caller, MANAGE_VAULTS, organization, vault)
            .await?;
        Ok(self.store.count_secrets(located.vault.id).await?)
    }

    /// The newest API key that `owner` manages and that is not revoked.
    pub async fn owned_api_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        owner: &Owner,
    ) -> Result<Option<ApiKey>, Error> {
        controllers_only(caller, organization)?;
        match self.store.organization(organization).await? {
            Some(tenant) => self.newest_owned_key(tenant.id, owner).await,
            None => Ok(None),
        }
    }

    /// The newest key of a tenant that `owner` manages and that is not revoked.
    pub(super) async fn newest_owned_key(
        &self,
        tenant: OrgId,
        owner: &Owner,
    ) -> Result<Option<ApiKey>, Error> {
        let (mut newest, mut after) = (None, None);
        loop {
            let page = self.store.api_keys(tenant, after, MAX_PAGE).await?;
            after = page.last().map(|key| key.id);
            let complete = page.len() < MAX_PAGE as usize;
            let mut owned = page
                .into_iter()
                .filter(|key| key.owner.as_ref() == Some(owner) && key.revoked_at.is_none());
            newest = owned.next_back().or(newest);
            if complete {
                return Ok(newest);
            }
        }
    }

    /// A new token in place of one that reached nobody: unlike a rotation, this keeps the token before it,
    /// which works for `overlap` more. Without one it is a rotation.
    pub async fn reissue_api_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        id: ApiKeyId,
        overlap: Duration,
    ) -> Result<IssuedKey, Error> {
        controllers_only(caller, id)?;
        self.replace_token(caller, organization, id, overlap, true).await
    }

    /// Lets go of a vault that `owner` manages, so that another object can. Nothing else changes.
    pub async fn release_vault(
        &self,
        caller: &Caller,
        organization: &OrgName,
        name: &VaultName,
        owner: &Owner,
    ) -> Result<(), Error> {
        controllers_only(caller, name)?;
        for _ in 0..ATTEMPTS {
            let located = self.store.vault(organization, name).await?;
            let located = located.ok_or_else(|| not_found("vault", name.to_string()))?;
            if located.vault.owner.as_ref() != Some(owner) {
                return Ok(());
            }
            let released = Vault {
                owner: None,
                revision: located.vault.revision + 1,
                ..(*located.vault).clone()
            };
            let revision = Some(located.vault.revision);
            let commit = self.vault_commit(caller, MANAGE_VAULTS.action, organization, &released, revision);
            if self.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended(format_args!("vault {name}")))
    }
}

pub(super) fn controllers_only(caller: &Caller, target: impl std::fmt::Display) -> Result<(), Error> {
    match caller.principal {
        Principal::Controller => Ok(()),
        Principal::ApiKey(_) | Principal::Workload(_) | Principal::User(_) | Principal::External(_) => {
            Err(Error::Forbidden {
                permission: Permission::ManageVaults,
                target: target.to_string(),
            })
        }
    }
}
