//! Rows that were read lately: a secret with its current version, sealed as it is kept, and what opens that. A row gets here only if
//! nothing at all was written since it was read, and leaves when its secret is written to, so that nobody who heard
//! of a write reads what was before.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use coffer_domain::{
    entity::{Secret, VersionState},
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
const ROW_BYTES: usize = 528;

type Rows = HashMap<EnvName, HashMap<SecretName, Arc<SealedVersion>>>;
type Found = Option<Arc<SealedVersion>>;

/// The rows.
#[derive(Default)]
pub(super) struct Hot {
    /// Rises with every commit.
    writes: AtomicU64,
    /// What there is, by id: a secret that got another name is found under the one it had. Held while rows come
    /// and go, and not for a look at one by its name.
    ids: Mutex<HashMap<SecretId, Arc<SealedVersion>>>,
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

#[derive(Default)]
struct Shard {
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
        let held = self.shard(name).lock().get(owner, environment, name);
        if held.is_some() {
            return Ok(held);
        }
        let writes = self.writes.load(Ordering::Acquire);
        let found = read()?;
        if let Some(row) = found.as_ref().filter(|row| lasting(row)) {
            self.keep(writes, owner, row);
        }
        Ok(found)
    }

    /// The secret of this id, if it is here.
    pub(super) fn secret(&self, id: SecretId) -> Option<Secret> {
        self.ids.lock().get(&id).map(|row| row.secret.clone())
    }

    /// Keeps a row that was read when `writes` commits had been made, unless there are more by now.
    fn keep(&self, writes: u64, owner: (OrgId, VaultId), row: &Arc<SealedVersion>) {
        let mut ids = self.ids.lock();
        if self.writes.load(Ordering::Acquire) != writes {
            return;
        }
        let mut shard = self.shard(&row.secret.name).lock();
        if shard.bytes >= SHARD_BYTES {
            for row in shard.empty() {
                ids.remove(&row.secret.id);
            }
        }
        shard.put(owner, Arc::clone(row));
        ids.insert(row.secret.id, Arc::clone(row));
    }

    /// Drops what a commit's writes may have changed. To be called before anyone hears of the commit.
    pub(super) fn forget(&self, organization: OrgId, writes: &[SealedWrite]) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        let mut ids = self.ids.lock();
        for write in writes {
            match write {
                SealedWrite::Secret(Secret { id, .. })
                | SealedWrite::Version { secret: id, .. }
                | SealedWrite::Reseal { secret: id, .. }
                | SealedWrite::DropSecret(id)
                | SealedWrite::VersionState { secret: id, .. } => {
                    if let Some(row) = ids.remove(id) {
                        self.shard(&row.secret.name).lock().remove(organization, &row);
                    }
                }
                SealedWrite::Vault(..) | SealedWrite::DropVault(_) | SealedWrite::DropSecretsOf(..) => {
                    ids.clear();
                    for shard in &self.shards {
                        drop(shard.lock().empty());
                    }
                }
                SealedWrite::Organization(_)
                | SealedWrite::AmendOrganization(_)
                | SealedWrite::ApiKey(_)
                | SealedWrite::Consumer(_)
                | SealedWrite::ForgetPod(_)
                | SealedWrite::Record(_)
                | SealedWrite::DropRecord(..) => {}
            }
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
        self.bytes += weight(&row);
        let vault = self.rows.entry(owner).or_default();
        let environment = vault.entry(row.secret.environment.clone()).or_default();
        // Two may have read the same row at the same time.
        if let Some(same) = environment.insert(row.secret.name.clone(), row) {
            self.bytes -= weight(&same);
        }
    }

    fn remove(&mut self, organization: OrgId, row: &SealedVersion) {
        let Secret {
            vault,
            environment,
            name,
            ..
        } = &row.secret;
        let vault = self.rows.get_mut(&(organization, *vault));
        let rows = vault.and_then(|vault| vault.get_mut(environment));
        if let Some(row) = rows.and_then(|rows| rows.remove(name)) {
            self.bytes -= weight(&row);
        }
    }

    /// Drops all, and gives it out.
    fn empty(&mut self) -> impl Iterator<Item = Arc<SealedVersion>> + use<> {
        self.bytes = 0;
        let vaults = std::mem::take(&mut self.rows).into_values();
        vaults
            .flat_map(HashMap::into_values)
            .flat_map(HashMap::into_values)
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
    use std::sync::OnceLock;

    use coffer_domain::{address::Version, entity::VersionMeta};
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
            metadata: None,
            trashed: None,
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
            opener: OnceLock::new(),
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
            let id = SecretId::from_bytes([3; 16]);
            assert_eq!(hot.secret(id).map(|secret| secret.revision), Some(1));
            hot.forget(owner().0, &[write]);
            assert_eq!(hot.secret(id), None);
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
    fn a_secret_with_another_name_is_gone_under_the_one_it_had() {
        let hot = Hot::default();
        read(&hot, || Some(row(1)));
        let mut renamed = row(2).secret.clone();
        renamed.name = SecretName::new("OTHER").unwrap();
        hot.forget(owner().0, &[SealedWrite::Secret(renamed)]);
        assert_eq!(read(&hot, || None), None);
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
                let mut id = [0; 16];
                id[..4].copy_from_slice(&u32::to_be_bytes(n));
                secret.id = SecretId::from_bytes(id);
                Ok(Some(Arc::new(SealedVersion {
                    secret,
                    meta: row(1).meta.clone(),
                    sealed: Some(vec![0; 100]),
                    opener: OnceLock::new(),
                })))
            });
            assert!(found.unwrap().is_some());
        }
        let held: usize = hot.shards.iter().map(|shard| shard.lock().bytes).sum();
        assert!(held > 0 && held <= SHARDS * (SHARD_BYTES + 1000), "{held}");
        let count: usize = hot.shards.iter().map(|shard| shard.lock().empty().count()).sum();
        assert_eq!(hot.ids.lock().len(), count);
    }
}
