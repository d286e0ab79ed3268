//! Alerts: a vault was pulled from by a device that had not been seen there, or not for long. One for each vault
//! and device.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Entered, Keyway, Session, door};
use crate::{
    Error,
    audit::Outcome,
    id::{RecordId, UserId, VaultId},
    record::{Collection, Document, Kept},
    store::LocatedVault,
};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A device that was new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// Its id.
    pub id: RecordId,
    /// Which vault was pulled from.
    pub vault: VaultId,
    /// By whom.
    pub user: UserId,
    /// Which device: a digest of what its program calls itself, and of its address.
    pub device: String,
    /// From where.
    pub address: String,
    /// What the program calls itself.
    pub agent: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Document for Alert {
    const COLLECTION: Collection = Collection::new("keyway.alert");
    const NOUN: &'static str = "alert";

    fn group(&self) -> String {
        self.vault.to_string()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.at.checked_add(KEPT_FOR).ok()
    }
}

fn device(agent: Option<&str>, address: &str) -> String {
    let mut digest = Sha256::new();
    for part in [agent.unwrap_or_default(), address] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(&digest.finalize()[..16])
}

impl Keyway {
    /// Alerts if a session's device is new to a vault that it pulled from; whether it is.
    pub async fn watch_pull(
        &self,
        session: &Session,
        entered: &Entered,
        (agent, address): (Option<&str>, &str),
    ) -> Result<bool, Error> {
        let Some((user, _)) = session.account() else {
            return Ok(false);
        };
        let (home, vault) = (self.home().await?, entered.located.vault.id);
        let alert = Alert {
            id: RecordId::fresh(self.coffer.clock(), self.coffer.entropy()),
            vault,
            user,
            device: device(agent, address),
            address: address.to_owned(),
            agent: agent.map(str::to_owned),
            at: self.coffer.clock().now(),
        };
        let key = format!("{vault}:{}:new_device", alert.device);
        let added = self.add(&door(), home, &key, &alert, None).await?;
        Ok(added.is_some())
    }

    /// The alerts of a vault, the latest first.
    pub async fn alerts(&self, entered: &Entered) -> Result<Vec<Kept<Alert>>, Error> {
        let group = entered.located.vault.id.to_string();
        let mut found: Vec<Kept<Alert>> = self.coffer.all_kept(self.home().await?, Some(&group)).await?;
        found.sort_by_key(|kept| std::cmp::Reverse((kept.body.at, kept.body.id)));
        let LocatedVault { organization, vault } = &entered.located;
        let target = format!("coffer://{}/{}", organization.name, vault.name);
        let event = self
            .coffer
            .event(&entered.caller, "alert.list", target, Outcome::Allowed);
        self.coffer.store.record(organization.id, event).await?;
        Ok(found)
    }
}
