//! How the keys come, change and go.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SealingKey;
use crate::{
    Error,
    audit::Outcome,
    change::{ChangeDraft, Subject},
    name::{OrgName, VaultName},
    record::{Collection, Document, Kept},
    rights::Permission,
    seal::{KeyId, SealingPair},
    secret_value::SecretValue,
    store::{Commit, LocatedVault, Precondition},
    usecase::{ATTEMPTS, Caller, Coffer, access::Ask, contended},
};

/// The most keys that a vault can have, older ones with it.
pub const MAX_KEYS: usize = 400;

const VIEW: Ask = Ask {
    permission: Permission::List,
    action: "sealing-key.list",
};

const ROTATE: Ask = Ask {
    permission: Permission::ManageVaults,
    action: "sealing-key.rotate",
};

/// The keys of one vault, under its id, with which they go; the newest first.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Ring {
    keys: Vec<KeptPair>,
}

/// A key as it is kept.
#[derive(Clone, Serialize, Deserialize)]
struct KeptPair {
    #[serde(with = "crate::secret_value::base64")]
    private: SecretValue,
    created_at: Timestamp,
}

impl Document for Ring {
    const COLLECTION: Collection = Collection::new("sealing-keys");
    const NOUN: &'static str = "sealing-keys";
}

impl Ring {
    /// Every pair with when it was made, the newest first.
    fn pairs_dated(&self) -> Result<Vec<(SealingPair, Timestamp)>, Error> {
        let pair = |kept: &KeptPair| {
            let pair = SealingPair::from_private(kept.private.clone());
            let pair = pair.ok_or_else(|| Error::Internal("a sealing key cannot be read".to_owned()))?;
            Ok((pair, kept.created_at))
        };
        self.keys.iter().map(pair).collect()
    }

    /// Every pair, the newest first.
    pub(super) fn pairs(&self) -> Result<Vec<SealingPair>, Error> {
        Ok(self.pairs_dated()?.into_iter().map(|(pair, _)| pair).collect())
    }

    fn public(&self) -> Result<Vec<SealingKey>, Error> {
        let dated = self.pairs_dated()?.into_iter();
        let public = |(pair, created_at): (SealingPair, Timestamp)| SealingKey {
            public: pair.public(),
            created_at,
        };
        Ok(dated.map(public).collect())
    }

    fn with(mut self, pair: &SealingPair, created_at: Timestamp) -> Self {
        let private = pair.private().clone();
        self.keys.insert(0, KeptPair { private, created_at });
        self
    }
}

impl Coffer {
    /// The public keys of a vault, the newest first, which is the one to seal to. Its first one is made here.
    pub async fn sealing_keys(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
    ) -> Result<Vec<SealingKey>, Error> {
        for _ in 0..ATTEMPTS {
            let located = self.authorise_vault(caller, VIEW, organization, vault).await?;
            let made = self.ring(&located, caller).await?;
            if let Some(ring) = made {
                return ring.public();
            }
        }
        Err(contended(format_args!("vault {vault}")))
    }

    /// A new key to seal to; older ones still open what was sealed to them. `seen`: only if that is the newest now,
    /// so that of several who find it due one makes the next. All keys, the newest first.
    pub async fn rotate_sealing_key(
        &self,
        caller: &Caller,
        organization: &OrgName,
        vault: &VaultName,
        seen: Option<KeyId>,
    ) -> Result<Vec<SealingKey>, Error> {
        for _ in 0..ATTEMPTS {
            let located = self.authorise_vault(caller, ROTATE, organization, vault).await?;
            let present = self.present_ring(&located).await?;
            let ring = present.as_ref().map(|kept| kept.body.clone());
            let newest = ring.as_ref().map(Ring::public).transpose()?;
            let newest = newest.unwrap_or_default();
            let moved = |seen: &KeyId| newest.first().is_some_and(|key| key.public.id() != *seen);
            if seen.as_ref().is_some_and(moved) {
                return Ok(newest);
            }
            if newest.len() >= MAX_KEYS {
                return Err(Error::Conflict(format!(
                    "vault {vault} has {MAX_KEYS} sealing keys, which is the most: make another vault"
                )));
            }
            if let Some(ring) = self.add_key(caller, ROTATE.action, &located, present).await? {
                return ring.public();
            }
        }
        Err(contended(format_args!("vault {vault}")))
    }

    /// The keys of a vault, its first one made here; `None` if another came first.
    pub(super) async fn ring(&self, located: &LocatedVault, caller: &Caller) -> Result<Option<Ring>, Error> {
        match self.present_ring(located).await? {
            Some(kept) => Ok(Some(kept.body)),
            None => self.add_key(caller, "sealing-key.create", located, None).await,
        }
    }

    pub(super) async fn present_ring(&self, located: &LocatedVault) -> Result<Option<Kept<Ring>>, Error> {
        self.kept(located.organization.id, &located.vault.id.to_string())
            .await
    }

    /// Puts a new key before those that are there; `None` if another came first.
    async fn add_key(
        &self,
        caller: &Caller,
        action: &str,
        located: &LocatedVault,
        present: Option<Kept<Ring>>,
    ) -> Result<Option<Ring>, Error> {
        let (tenant, vault) = (&located.organization, &located.vault);
        let pair = SealingPair::generate(&*self.entropy);
        let revision = present.as_ref().map(|kept| (kept.revision, kept.created_at));
        let ring = present.map_or(Ring { keys: Vec::new() }, |kept| kept.body);
        let ring = ring.with(&pair, self.clock.now());
        let draft = self.draft(tenant.id, &vault.id.to_string(), revision, ring.clone(), None)?;
        let target = format!("coffer://{}/{}", tenant.name, vault.name);
        let mut audit = self.event(caller, action, target, Outcome::Allowed);
        audit.versions.push(format!("key {}", pair.public().id()));
        // A vault that is dropped meanwhile takes its keys along, and gets no more.
        let there = Precondition::Vault(tenant.id, vault.name.clone(), Some(vault.revision));
        let commit = Commit {
            organization: tenant.id,
            preconditions: vec![there, draft.precondition],
            writes: vec![draft.write],
            audit,
            changes: vec![ChangeDraft {
                subject: Subject::Vault { vault: vault.id },
                at: self.clock.now(),
            }],
        };
        Ok(self.try_commit(commit).await?.then_some(ring))
    }
}
