//! From an API key's token to its holder. Held in memory until anything about rights changes.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use jiff::Timestamp;
use parking_lot::Mutex;

use super::Coffer;
use crate::{
    Error,
    api_key::{ApiToken, TokenDigest},
    entity::{ApiKey, KeyReach, Usage},
    id::{ApiKeyId, OrgId},
    principal::{KeyHolder, Principal},
};

/// The most holders kept; the next one empties the shelf.
const CAPACITY: usize = 10_000;

/// A key that was looked up, with the organizations that it reaches besides its own.
#[derive(Debug, Clone)]
struct Holder {
    key: ApiKey,
    also: Arc<[OrgId]>,
}

/// Keys that were looked up lately, all under one epoch of rights; and how often each was used since that was
/// last written down.
#[derive(Debug, Default)]
pub struct Holders {
    shelf: Mutex<(u64, HashMap<TokenDigest, Holder>)>,
    used: Mutex<BTreeMap<ApiKeyId, Usage>>,
}

impl Holders {
    fn get(&self, epoch: u64, digest: &TokenDigest) -> Option<Holder> {
        let shelf = self.shelf.lock();
        (shelf.0 == epoch).then(|| shelf.1.get(digest).cloned()).flatten()
    }

    fn put(&self, epoch: u64, digest: TokenDigest, holder: Holder) {
        let mut shelf = self.shelf.lock();
        if shelf.0 != epoch || shelf.1.len() >= CAPACITY {
            *shelf = (epoch, HashMap::new());
        }
        shelf.1.insert(digest, holder);
    }

    fn note(&self, key: ApiKeyId, now: Timestamp) {
        let mut used = self.used.lock();
        let usage = used.entry(key).or_default();
        usage.count += 1;
        usage.last = usage.last.max(Some(now));
    }
}

impl Coffer {
    /// The holder of `token`, if it works now and from anywhere. Every refusal reads the same.
    pub async fn authenticate(&self, token: &str) -> Result<Principal, Error> {
        self.authenticate_from(token, None).await
    }

    /// The holder of `token`, of whatever door's form, if it works now and from the address `from`. Every refusal reads
    /// the same.
    pub async fn authenticate_from(&self, token: &str, from: Option<IpAddr>) -> Result<Principal, Error> {
        let holder = self.holder_of(token, from).await?;
        self.holders.note(holder.key.id, self.clock.now());
        Ok(Principal::ApiKey(of(holder)))
    }

    /// The same, for streams that go on: it is not counted as a use.
    pub async fn still_authentic(&self, token: &str, from: Option<IpAddr>) -> Result<Principal, Error> {
        Ok(Principal::ApiKey(of(self.holder_of(token, from).await?)))
    }

    async fn holder_of(&self, token: &str, from: Option<IpAddr>) -> Result<Holder, Error> {
        const REFUSED: Error = Error::Unauthenticated("the API key is not valid");
        let token = ApiToken::parse(token).ok_or(REFUSED)?;
        let digest = self.store.digest(&token);
        // Read before the look-up: a change in between makes the entry stale at once, never fresh.
        let epoch = self.store.rights_epoch();
        let holder = match self.holders.get(epoch, &digest) {
            Some(holder) => holder,
            None => self.look_up(epoch, digest).await?.ok_or(REFUSED)?,
        };
        let now = self.clock.now();
        if !works(&holder.key, &digest, now) || !works_from(&holder.key, from) {
            return Err(REFUSED);
        }
        Ok(holder)
    }

    /// The key of a token, whether it works now or not.
    pub(super) async fn held_key(&self, token: &ApiToken) -> Result<Option<ApiKey>, Error> {
        let digest = self.store.digest(token);
        let epoch = self.store.rights_epoch();
        let holder = match self.holders.get(epoch, &digest) {
            Some(holder) => Some(holder),
            None => self.look_up(epoch, digest).await?,
        };
        Ok(holder.map(|holder| holder.key))
    }

    /// Writes down how often each key was used since the last time. For the server's own timer: what was not written
    /// down yet is lost when the process ends.
    pub async fn note_key_usage(&self) -> Result<(), Error> {
        let used = std::mem::take(&mut *self.holders.used.lock());
        if used.is_empty() {
            return Ok(());
        }
        let used: Vec<_> = used.into_iter().collect();
        Ok(self.store.note_key_usage(&used).await?)
    }

    async fn look_up(&self, epoch: u64, digest: TokenDigest) -> Result<Option<Holder>, Error> {
        let Some(key) = self.store.api_key_by_digest(&digest).await? else {
            return Ok(None);
        };
        let projects = match &key.details.reach {
            KeyReach::Organization => Vec::new(),
            KeyReach::Account | KeyReach::Projects(_) => self.store.projects(key.organization).await?,
        };
        let reached = projects.into_iter().map(|project| project.id);
        let also = match &key.details.reach {
            KeyReach::Projects(named) => reached.filter(|id| named.contains(id)).collect(),
            KeyReach::Organization | KeyReach::Account => reached.collect(),
        };
        let holder = Holder { key, also };
        self.holders.put(epoch, digest, holder.clone());
        Ok(Some(holder))
    }
}

fn of(holder: Holder) -> KeyHolder {
    let Holder { key, also } = holder;
    KeyHolder {
        id: key.id,
        name: key.name,
        organization: key.organization,
        also,
        whole_account: key.details.reach == KeyReach::Account,
        purpose: key.details.purpose,
        user: key.details.user,
        scopes: key.details.scopes,
        grants: key.grants,
    }
}

/// Whether a key's token with this digest works at `now`.
fn works(key: &ApiKey, digest: &TokenDigest, now: Timestamp) -> bool {
    let current = key.digest == *digest;
    let overlap = key
        .previous
        .as_ref()
        .is_some_and(|old| old.digest == *digest && now < old.valid_until);
    key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now < end) && (current || overlap)
}

/// Whether a key works from this address; one that is bound to addresses works from no unknown one.
fn works_from(key: &ApiKey, from: Option<IpAddr>) -> bool {
    let allowed = &key.details.allowed;
    allowed.is_empty() || from.is_some_and(|from| allowed.iter().any(|range| range.contains(from)))
}
