//! What an `ApiKey` is decided on: the stored key, and which of its tokens is in place.

use coffer_crds::ApiKey;
use coffer_domain::{
    Error,
    entity::{ApiKey as Stored, Owner},
    id::ApiKeyId,
    name::OrgName,
};
use jiff::Timestamp;

use super::place::Place;
use crate::{context::Context, halt::Halt, identity::Identity};

/// All that is known.
pub struct World {
    /// Now.
    pub now: Timestamp,
    /// The key of the store, if this object has one that is not revoked.
    pub stored: Option<Stored>,
    /// When the token that is in place was made; `None` when none is.
    pub in_place: Option<Timestamp>,
}

/// Reads it.
pub async fn gather(
    object: &ApiKey,
    context: &Context,
    identity: &Identity,
    place: &Place<'_>,
) -> Result<World, Halt> {
    let (organization, owner) = (identity.organization()?, identity.owner());
    let stored = match known(object, context, &organization, &owner).await? {
        Some(stored) => Some(stored),
        // Made just before a crash, perhaps: the status does not tell.
        None => {
            context
                .coffer
                .owned_api_key(&context.caller, &organization, &owner)
                .await?
        }
    };
    let in_place = match &stored {
        Some(stored) => place.holds(context, identity, stored).await?,
        None => None,
    };
    Ok(World {
        now: context.now(),
        stored,
        in_place,
    })
}

/// The key that the status names, if it is this object's and works.
async fn known(
    object: &ApiKey,
    context: &Context,
    organization: &OrgName,
    owner: &Owner,
) -> Result<Option<Stored>, Error> {
    let id = object.status.as_ref().and_then(|status| status.key_id.as_ref());
    let Some(id) = id.and_then(|id| id.parse::<ApiKeyId>().ok()) else {
        return Ok(None);
    };
    match context
        .coffer
        .get_api_key(&context.caller, organization, id)
        .await
    {
        Ok(key) => Ok(Some(key).filter(|key| key.owner.as_ref() == Some(owner) && key.revoked_at.is_none())),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
