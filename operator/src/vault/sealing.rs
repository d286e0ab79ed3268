//! The vault's sealing keys: the first one made with the vault, the next when its time has come.

use coffer_crds::{MOST_LISTED_KEYS, SealingKeyStatus, SealingStatus, Vault};
use coffer_domain::{
    Error,
    name::{OrgName, VaultName},
    rotation::Schedule,
    seal::VaultPublicKey,
    usecase::sealing::SealingKey,
};
use jiff::Timestamp;
use kube::Resource;

use crate::{
    context::{Context, seconds},
    events::Gravity,
};

/// How the keys stand.
pub struct Sealing {
    /// The tenant.
    organization: OrgName,
    /// Every key, newest first.
    keys: Vec<SealingKey>,
    /// When the next one is due.
    pub next: Option<Timestamp>,
    /// Whether the newest was made just now because it was due.
    pub rotated: bool,
}

/// Has the vault have a key, and a new one if that is due.
pub async fn keep(
    context: &Context,
    organization: &OrgName,
    vault: &VaultName,
    schedule: Option<&Schedule>,
) -> Result<Sealing, Error> {
    let (coffer, caller) = (&context.coffer, &context.caller);
    let mut keys = coffer.sealing_keys(caller, organization, vault).await?;
    let due = keys
        .first()
        .filter(|newest| schedule.is_some_and(|it| it.is_due(newest.created_at, context.now())));
    let due = due.map(|newest| newest.public.id());
    if let Some(seen) = due {
        keys = coffer
            .rotate_sealing_key(caller, organization, vault, Some(seen))
            .await?;
    }
    let newest = keys.first().map(|key| key.created_at);
    Ok(Sealing {
        organization: organization.clone(),
        next: newest.and_then(|made| schedule?.next_after(made)),
        rotated: due.is_some(),
        keys,
    })
}

/// An Event for a key that was due.
pub async fn tell(vault: &Vault, context: &Context, sealing: &Sealing) {
    let Some(newest) = sealing.keys.first() else {
        return;
    };
    let note = format!(
        "values are sealed to key {} from now on; the older keys still open what was sealed to them",
        newest.public.id()
    );
    let about = vault.object_ref(&());
    context
        .events
        .publish(&about, Gravity::Normal, "SealingKeyRotated", "Rotate", &note)
        .await;
}

impl Sealing {
    /// What the status says.
    pub fn status(&self, vault: &VaultName) -> Option<SealingStatus> {
        let newest = self.keys.first()?;
        let public_key = VaultPublicKey {
            organization: self.organization.clone(),
            vault: vault.clone(),
            key: newest.public,
        };
        let listed = self.keys.iter().take(MOST_LISTED_KEYS);
        let listed = listed.map(|key| SealingKeyStatus {
            id: key.public.id().to_string(),
            created: seconds(key.created_at),
        });
        Some(SealingStatus {
            public_key: public_key.to_string(),
            key_id: newest.public.id().to_string(),
            next_rotation: self.next.map(seconds),
            count: u32::try_from(self.keys.len()).unwrap_or(u32::MAX),
            keys: listed.collect(),
        })
    }
}
