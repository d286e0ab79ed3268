//! From an API key's token to its holder. Held in memory until anything about rights changes.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};

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

/// The one answer to every token that does not work.
const REFUSED: Error = Error::Unauthenticated("the API key is not valid");

/// A key that was looked up, and whom every request with it is by.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) key: ApiKey,
    pub(super) holder: Arc<KeyHolder>,
    tally: Arc<Tally>,
}

/// How often a key was used since that was last written down.
#[derive(Debug)]
struct Tally {
    count: AtomicU64,
    /// Microseconds since 1970.
    last: AtomicI64,
}

/// Keys that were looked up lately, all under one epoch of rights.
#[derive(Debug, Default)]
struct Shelf {
    epoch: u64,
    known: HashMap<TokenDigest, Arc<Known>>,
}

/// The shelf; and the tallies of its keys, and of those that left it with something not written down.
#[derive(Debug, Default)]
pub struct Holders {
    shelf: RwLock<Shelf>,
    tallies: Mutex<BTreeMap<ApiKeyId, Arc<Tally>>>,
}

impl Holders {
    fn get(&self, epoch: u64, digest: &TokenDigest) -> Option<Arc<Known>> {
        let shelf = self.shelf.read();
        (shelf.epoch == epoch)
            .then(|| shelf.known.get(digest).cloned())
            .flatten()
    }

    fn put(&self, epoch: u64, digest: TokenDigest, known: Arc<Known>) {
        let mut shelf = self.shelf.write();
        if shelf.epoch != epoch || shelf.known.len() >= CAPACITY {
            *shelf = Shelf {
                epoch,
                known: HashMap::new(),
            };
        }
        shelf.known.insert(digest, known);
    }

    fn tally(&self, key: ApiKeyId) -> Arc<Tally> {
        Arc::clone(self.tallies.lock().entry(key).or_default())
    }

    /// What is to be written down. Tallies whose keys have left the shelf are let go.
    fn take(&self) -> Vec<(ApiKeyId, Usage)> {
        let mut used = Vec::new();
        self.tallies.lock().retain(|key, tally| {
            // Looked at first: who let go of it before has noted all that there is to note.
            let held = Arc::get_mut(tally).is_none();
            used.extend(tally.take().map(|usage| (*key, usage)));
            held
        });
        used
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            count: AtomicU64::new(0),
            last: AtomicI64::new(i64::MIN),
        }
    }
}

impl Tally {
    fn note(&self, now: Timestamp) {
        self.last.fetch_max(now.as_microsecond(), Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Release);
    }

    fn take(&self) -> Option<Usage> {
        let count = self.count.swap(0, Ordering::Acquire);
        let last = Timestamp::from_microsecond(self.last.load(Ordering::Relaxed)).ok();
        (count > 0).then_some(Usage { count, last })
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
        let known = self.known_key(token, from).await?;
        known.tally.note(self.clock.now());
        Ok(Principal::ApiKey(Arc::clone(&known.holder)))
    }

    /// The same, for streams that go on: it is not counted as a use.
    pub async fn still_authentic(&self, token: &str, from: Option<IpAddr>) -> Result<Principal, Error> {
        let known = self.known_key(token, from).await?;
        Ok(Principal::ApiKey(Arc::clone(&known.holder)))
    }

    async fn known_key(&self, token: &str, from: Option<IpAddr>) -> Result<Arc<Known>, Error> {
        let token = ApiToken::parse(token).ok_or(REFUSED)?;
        let digest = self.store.digest(&token);
        self.key_of_digest(digest, from).await
    }

    /// The holder of a key by the digest of its token, for what was derived from it: good for as long as the key is, and
    /// from where the key is. It is counted as a use.
    pub(super) async fn holder_of_digest(
        &self,
        digest: TokenDigest,
        from: Option<IpAddr>,
    ) -> Result<Arc<KeyHolder>, Error> {
        let known = self.key_of_digest(digest, from).await?;
        known.tally.note(self.clock.now());
        Ok(Arc::clone(&known.holder))
    }

    async fn key_of_digest(&self, digest: TokenDigest, from: Option<IpAddr>) -> Result<Arc<Known>, Error> {
        // Read before the look-up: a change in between makes the entry stale at once, never fresh.
        let epoch = self.store.rights_epoch();
        let known = match self.holders.get(epoch, &digest) {
            Some(known) => known,
            None => self.look_up(epoch, digest).await?.ok_or(REFUSED)?,
        };
        let now = self.clock.now();
        if !works(&known.key, &digest, now) || !works_from(&known.key, from) {
            return Err(REFUSED);
        }
        Ok(known)
    }

    /// The key of a token, whether it works now or not.
    pub(super) async fn held_key(&self, token: &ApiToken) -> Result<Option<Arc<Known>>, Error> {
        let digest = self.store.digest(token);
        let epoch = self.store.rights_epoch();
        match self.holders.get(epoch, &digest) {
            Some(known) => Ok(Some(known)),
            None => self.look_up(epoch, digest).await,
        }
    }

    /// Writes down how often each key was used since the last time. For the server's own timer: what was not written
    /// down yet is lost when the process ends.
    pub async fn note_key_usage(&self) -> Result<(), Error> {
        let used = self.holders.take();
        if used.is_empty() {
            return Ok(());
        }
        Ok(self.store.note_key_usage(&used).await?)
    }

    async fn look_up(&self, epoch: u64, digest: TokenDigest) -> Result<Option<Arc<Known>>, Error> {
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
        let known = Arc::new(Known {
            holder: Arc::new(holder_of(&key, also)),
            tally: self.holders.tally(key.id),
            key,
        });
        self.holders.put(epoch, digest, Arc::clone(&known));
        Ok(Some(known))
    }
}

fn holder_of(key: &ApiKey, also: Arc<[OrgId]>) -> KeyHolder {
    KeyHolder {
        id: key.id,
        name: key.name.clone(),
        organization: key.organization,
        also,
        whole_account: key.details.reach == KeyReach::Account,
        purpose: key.details.purpose,
        user: key.details.user,
        scopes: key.details.scopes.clone(),
        grants: key.grants.clone(),
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
