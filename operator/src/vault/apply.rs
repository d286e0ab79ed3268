//! Making the store hold the vault, and dropping it.

use coffer_domain::{
    Error,
    entity::Vault,
    name::{OrgName, VaultName},
    rotation::Schedule,
    usecase::vaults::VaultSettings,
};

use super::sealing::{self, Sealing};
use crate::{
    context::Context,
    failure::Failure,
    finalizer,
    halt::Halt,
    identity::{Identity, misnamed},
    orphan,
};

/// How the vault stands.
pub struct Applied {
    /// As stored.
    pub vault: Vault,
    /// How many secrets it holds.
    pub secrets: u64,
    /// The keys that values can be sealed to.
    pub sealing: Sealing,
}

/// Applies `settings`, taking over from an object of the same name that is gone.
pub async fn apply(
    context: &Context,
    organization: &OrgName,
    identity: &Identity,
    settings: VaultSettings,
    key_rotation: Option<&Schedule>,
) -> Result<Applied, Halt> {
    let (coffer, caller) = (&context.coffer, &context.caller);
    let name = VaultName::new(&identity.name).map_err(|bad| misnamed("metadata.name", &bad))?;
    coffer.ensure_organization(caller, organization).await?;
    let vault = match coffer
        .apply_vault(caller, organization, &name, settings.clone())
        .await
    {
        Err(Error::Managed { owner, .. }) if orphan::is_gone(&context.caches, &owner) => {
            coffer.release_vault(caller, organization, &name, &owner).await?;
            coffer.apply_vault(caller, organization, &name, settings).await?
        }
        result => result?,
    };
    context.index.learn(vault.id, organization, &name);
    let secrets = coffer.count_secrets(caller, organization, &name).await?;
    let sealing = sealing::keep(context, organization, &name, key_rotation).await?;
    Ok(Applied {
        vault,
        secrets,
        sealing,
    })
}

/// Drops the vault with everything in it. One that is not there, or is another object's, stays as it is;
/// a namespace that is being deleted is not held up.
pub async fn clean_up(context: &Context, identity: &Identity) -> Result<(), Failure> {
    let (Ok(organization), Ok(name)) = (identity.organization(), VaultName::new(&identity.name)) else {
        return Ok(());
    };
    let owner = identity.owner();
    match context
        .coffer
        .drop_vault(&context.caller, &organization, &name, Some(&owner))
        .await
    {
        Ok(()) | Err(Error::NotFound { .. } | Error::Managed { .. }) => Ok(()),
        Err(error) if finalizer::is_ending(&context.client, &identity.namespace).await => {
            tracing::error!(vault = owner.name, %error, "the vault's data stays: its namespace is being deleted");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
