//! From an API key's token to its holder. Held in memory until anything about rights changes.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::Coffer;
use crate::{
    Error,
    api_key::{ApiToken, TokenDigest},
    entity::ApiKey,
    principal::{KeyHolder, Principal},
};

/// The most holders kept; the next one empties the shelf.
const CAPACITY: usize = 10_000;

/// Keys that were looked up lately, all under one epoch of rights.
#[derive(Debug, Default)]
pub struct Holders(Mutex<(u64, HashMap<TokenDigest, ApiKey>)>);

impl Holders {
    fn get(&self, epoch: u64, digest: &TokenDigest) -> Option<ApiKey> {
        let shelf = self.0.lock();
        (shelf.0 == epoch).then(|| shelf.1.get(digest).cloned()).flatten()
    }

    fn put(&self, epoch: u64, digest: TokenDigest, key: ApiKey) {
        let mut shelf = self.0.lock();
        if shelf.0 != epoch || shelf.1.len() >= CAPACITY {
            *shelf = (epoch, HashMap::new());
        }
        shelf.1.insert(digest, key);
    }
}

impl Coffer {
    /// The holder of `token`, if it works now. Every refusal reads the same.
    pub async fn authenticate(&self, token: &str) -> Result<Principal, Error> {
        const REFUSED: Error = Error::Unauthenticated("the API key is not valid");
        let token = ApiToken::parse(token).ok_or(REFUSED)?;
        let digest = self.store.digest(&token);
        // Read before the look-up: a change in between makes the entry stale at once, never fresh.
        let epoch = self.store.rights_epoch();
        let key = match self.holders.get(epoch, &digest) {
            Some(key) => key,
            None => self.look_up(epoch, digest).await?.ok_or(REFUSED)?,
        };
        if !works(&key, &digest, self.clock.now()) {
            return Err(REFUSED);
        }
        let ApiKey {
            id,
            name,
            organization,
            grants,
            ..
        } = key;
        Ok(Principal::ApiKey(KeyHolder {
            id,
            name,
            organization,
            grants,
        }))
    }

    async fn look_up(&self, epoch: u64, digest: TokenDigest) -> Result<Option<ApiKey>, Error> {
        let key = self.store.api_key_by_digest(&digest).await?;
        if let Some(key) = &key {
            self.holders.put(epoch, digest, key.clone());
        }
        Ok(key)
    }
}

/// Whether a key's token with this digest works at `now`.
fn works(key: &ApiKey, digest: &TokenDigest, now: jiff::Timestamp) -> bool {
    let current = key.digest == *digest;
    let overlap = key
        .previous
        .as_ref()
        .is_some_and(|old| old.digest == *digest && now < old.valid_until);
    key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now < end) && (current || overlap)
}
