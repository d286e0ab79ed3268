//! Rows that were read lately: a secret with its current version, sealed as it is kept. A row is here only if
//! nothing was written to its shard since it was read, so that nobody who heard of a write reads what was before.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use coffer_domain::{
    entity::VersionState,
    id::{OrgId, SecretId, VaultId},
    name::{EnvName, SecretName},
    store::StoreError,
};
use parking_lot::Mutex;

use crate::engine::{SealedVersion, SealedWrite};

const SHARDS: usize = 16;

/// A shard that holds more than this starts anew: 8 MiB in all.
const SHARD_BYTES: usize = (8 << 20) / SHARDS;

/// What a row costs beside its texts and its ciphertext, about.
const ROW_BYTES: usize = 400;

type Rows = HashMap<EnvName, HashMap<SecretName, Arc<SealedVersion>>>;
type Found = Option<Arc<SealedVersion>>;

/// The rows.
#[derive(Default)]
pub(super) struct Hot {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

#[derive(Default)]
struct Shard {
    /// Rises with every write to a secret of this shard.
    writes: u64,
    bytes: usize,
    rows: HashMap<(OrgId, VaultId), Rows>,
}

impl Hot {
    /// The current version of a secret: from here, or by `read`.
    pub(super) fn current(
        &self,
        owner: (OrgId, VaultId),
        environment: &EnvName,
        name: &SecretName,
        read: impl FnOnce() -> Result<Found, StoreError>,
    ) -> Result<Found, StoreError> {
        let shard = self.shard(name);
        let writes = {
            let held = shard.lock();
            if let Some(row) = held.get(owner, environment, name) {
                return Ok(Some(row));
            }
            held.writes
        };
        let found = read()?;
        if let Some(row) = found.as_ref().filter(|row| lasting(row)) {
            let mut held = shard.lock();
            if held.writes == writes {
                held.put(owner, Arc::clone(row));
            }
        }
        Ok(found)
    }

    /// Drops what a commit's writes may have changed. To be called before anyone hears of the commit.
    pub(super) fn forget(&self, organization: OrgId, writes: &[SealedWrite]) {
        let whole = |id: &SecretId| {
            writes
                .iter()
                .any(|write| matches!(write, SealedWrite::Secret(secret) if secret.id == *id))
        };
        for write in writes {
            match write {
                SealedWrite::Secret(secret) => {
                    let owner = (organization, secret.vault);
                    self.shard(&secret.name)
                        .lock()
                        .remove(owner, &secret.environment, &secret.name);
                }
                SealedWrite::VersionState { secret, .. } if !whole(secret) => self.clear(),
                SealedWrite::Vault(..) | SealedWrite::DropVault(_) => self.clear(),
                _ => {}
            }
        }
    }

    fn clear(&self) {
        for shard in &self.shards {
            let mut held = shard.lock();
            held.writes += 1;
            held.empty();
        }
    }

    fn shard(&self, name: &SecretName) -> &Mutex<Shard> {
        // Far fewer shards than the hash has values.
        let hash = usize::try_from(self.hasher.hash_one(name) % SHARDS as u64).unwrap_or_default();
        &self.shards[hash]
    }
}

impl Shard {
    fn get(&self, owner: (OrgId, VaultId), environment: &EnvName, name: &SecretName) -> Found {
        self.rows.get(&owner)?.get(environment)?.get(name).cloned()
    }

    fn put(&mut self, owner: (OrgId, VaultId), row: Arc<SealedVersion>) {
        if self.bytes >= SHARD_BYTES {
            self.empty();
        }
        self.bytes += weight(&row);
        let vault = self.rows.entry(owner).or_default();
        let environment = vault.entry(row.secret.environment.clone()).or_default();
        // Two may have read the same row at the same time.
        if let Some(same) = environment.insert(row.secret.name.clone(), row) {
            self.bytes -= weight(&same);
        }
    }

    fn remove(&mut self, owner: (OrgId, VaultId), environment: &EnvName, name: &SecretName) {
        self.writes += 1;
        let vault = self.rows.get_mut(&owner);
        let environment = vault.and_then(|vault| vault.get_mut(environment));
        if let Some(row) = environment.and_then(|rows| rows.remove(name)) {
            self.bytes -= weight(&row);
        }
    }

    fn empty(&mut self) {
        self.bytes = 0;
        self.rows.clear();
    }
}

/// Whether it is the row of every read that names no version.
fn lasting(row: &SealedVersion) -> bool {
    row.secret.current == Some(row.meta.version) && row.meta.state == VersionState::Live
}

fn weight(row: &SealedVersion) -> usize {
    let texts = 2 * row.secret.name.as_str().len() + row.meta.created_by.len();
    ROW_BYTES + texts + row.sealed.as_ref().map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use coffer_domain::{
        address::Version,
        entity::{Secret, VersionMeta},
    };
    use jiff::Timestamp;

    use super::*;

    fn owner() -> (OrgId, VaultId) {
        (OrgId::from_bytes([1; 16]), VaultId::from_bytes([2; 16]))
    }

    fn row(number: u64) -> Arc<SealedVersion> {
        let version = Version::new(number).unwrap();
        let secret = Secret {
            id: SecretId::from_bytes([3; 16]),
            vault: owner().1,
            environment: EnvName::default_environment(),
            name: SecretName::new("KEY").unwrap(),
            current: Some(version),
            latest: version,
            generator: None,
            owner: None,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            revision: number,
        };
        let meta = VersionMeta {
            version,
            state: VersionState::Live,
            created_at: Timestamp::UNIX_EPOCH,
            created_by: "controller".into(),
            ended_at: None,
            env_file_unfit: None,
        };
        Arc::new(SealedVersion {
            secret,
            meta,
            sealed: Some(vec![0; 100]),
        })
    }

    fn read(hot: &Hot, by: impl FnOnce() -> Found) -> Option<u64> {
        let (environment, name) = (EnvName::default_environment(), SecretName::new("KEY").unwrap());
        let found = hot.current(owner(), &environment, &name, || Ok(by()));
        found.unwrap().map(|row| row.meta.version.get())
    }

    fn write(hot: &Hot) {
        hot.forget(owner().0, &[SealedWrite::Secret(row(2).secret.clone())]);
    }

    #[test]
    fn a_row_is_read_once() {
        let hot = Hot::default();
        assert_eq!(read(&hot, || Some(row(1))), Some(1));
        assert_eq!(read(&hot, || None), Some(1));
    }

    #[test]
    fn a_write_ends_it_in_whatever_form() {
        let moved = SealedWrite::VersionState {
            secret: SecretId::from_bytes([3; 16]),
            version: Version::new(1).unwrap(),
            state: VersionState::Deleted,
            at: Timestamp::UNIX_EPOCH,
        };
        let secret = || SealedWrite::Secret(row(1).secret.clone());
        for write in [secret(), moved, SealedWrite::DropVault(owner().1)] {
            let hot = Hot::default();
            read(&hot, || Some(row(1)));
            hot.forget(owner().0, &[write]);
            assert_eq!(read(&hot, || Some(row(2))), Some(2));
        }
    }

    #[test]
    fn what_was_read_before_a_write_is_not_kept_after_it() {
        let hot = Hot::default();
        let old = || {
            write(&hot);
            Some(row(1))
        };
        assert_eq!(read(&hot, old), Some(1));
        assert_eq!(read(&hot, || Some(row(2))), Some(2));
    }

    #[test]
    fn it_stays_small() {
        let hot = Hot::default();
        let environment = EnvName::default_environment();
        for n in 0..100_000 {
            let name = SecretName::new(format!("K{n}")).unwrap();
            let found = hot.current(owner(), &environment, &name, || {
                let mut secret = row(1).secret.clone();
                secret.name = name.clone();
                Ok(Some(Arc::new(SealedVersion {
                    secret,
                    meta: row(1).meta.clone(),
                    sealed: Some(vec![0; 100]),
                })))
            });
            assert!(found.unwrap().is_some());
        }
        let held: usize = hot.shards.iter().map(|shard| shard.lock().bytes).sum();
        assert!(held > 0 && held <= SHARDS * (SHARD_BYTES + 1000), "{held}");
    }
}
