//! Records that were read lately by their key or their digest, opened. A record gets here only if none was written
//! since it was read, and leaves when it is written to, so that nobody who heard of a write finds what was before. That
//! there is no such record is not remembered.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use coffer_domain::{
    api_key::TokenDigest,
    id::{OrgId, VaultId},
    record::{Collection, FoundRecord, RecordHead},
    store::StoreError,
};
use jiff::Timestamp;
use parking_lot::RwLock;

use crate::engine::SealedWrite;

/// When they take more than this, it starts anew.
const MOST_BYTES: usize = 8 << 20;

/// What a record costs beside its texts, about: its row, the document it is parsed to, and what finds the two.
const ROW_BYTES: usize = 768;

/// A larger body is not kept: it would take the place of many.
const LARGEST_BODY: usize = 16 << 10;

type Found = Option<Arc<FoundRecord>>;

/// The records.
#[derive(Default)]
pub(super) struct HotRecords {
    /// Rises with every commit that writes a record.
    writes: AtomicU64,
    shelf: RwLock<Shelf>,
}

#[derive(Default)]
struct Shelf {
    bytes: usize,
    by_key: HashMap<(OrgId, Collection), HashMap<String, Arc<FoundRecord>>>,
    by_digest: HashMap<(Collection, TokenDigest), Arc<FoundRecord>>,
}

impl HotRecords {
    /// The record of this key: from here, or by `read`.
    pub(super) fn by_key(
        &self,
        of: (OrgId, Collection),
        key: &str,
        read: impl FnOnce() -> Result<Found, StoreError>,
    ) -> Result<Found, StoreError> {
        let held = self.shelf.read().get(of, key).cloned();
        held.map_or_else(|| self.reading(read), |held| Ok(Some(held)))
    }

    /// The record that this digest finds: from here, or by `read`.
    pub(super) fn by_digest(
        &self,
        of: (Collection, TokenDigest),
        read: impl FnOnce() -> Result<Found, StoreError>,
    ) -> Result<Found, StoreError> {
        let held = self.shelf.read().by_digest.get(&of).cloned();
        held.map_or_else(|| self.reading(read), |held| Ok(Some(held)))
    }

    /// What is read gets here, unless a record is written meanwhile.
    fn reading(&self, read: impl FnOnce() -> Result<Found, StoreError>) -> Result<Found, StoreError> {
        let writes = self.writes.load(Ordering::Acquire);
        let found = read()?;
        if let Some(record) = found.as_ref().filter(|it| it.record().body.len() <= LARGEST_BODY) {
            let mut shelf = self.shelf.write();
            if self.writes.load(Ordering::Acquire) == writes {
                shelf.put(record);
            }
        }
        Ok(found)
    }

    /// Drops the records that a commit writes. To be called before anyone hears of the commit.
    pub(super) fn forget(&self, organization: OrgId, writes: &[SealedWrite]) {
        let mut written = writes.iter().filter_map(written).peekable();
        if written.peek().is_none() {
            return;
        }
        self.writes.fetch_add(1, Ordering::AcqRel);
        let mut shelf = self.shelf.write();
        for written in written {
            match written {
                Written::One(collection, key) => shelf.remove((organization, collection), key),
                Written::Of(vault) => {
                    let id = vault.to_string();
                    shelf.remove_those(|head| {
                        head.organization == organization && (head.key == id || head.group == id)
                    });
                }
            }
        }
    }

    /// Drops those that expired by `now`, as they were swept. To be called before anyone hears of that.
    pub(super) fn forget_expired(&self, now: Timestamp) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.shelf.write().remove_those(|head| !head.lives(now));
    }
}

/// What a row of a commit changes.
enum Written<'a> {
    /// This record.
    One(Collection, &'a str),
    /// What is kept or listed under this vault.
    Of(VaultId),
}

/// The records that a row of a commit changes.
fn written(write: &SealedWrite) -> Option<Written<'_>> {
    match write {
        SealedWrite::Record(record) => Some(Written::One(record.head.collection, &record.head.key)),
        SealedWrite::DropRecord(collection, key) => Some(Written::One(*collection, key)),
        SealedWrite::DropVault(vault) => Some(Written::Of(*vault)),
        SealedWrite::Organization(_)
        | SealedWrite::AmendOrganization(_)
        | SealedWrite::Vault(..)
        | SealedWrite::Secret(_)
        | SealedWrite::Version { .. }
        | SealedWrite::Reseal { .. }
        | SealedWrite::DropSecret(_)
        | SealedWrite::DropSecretsOf(..)
        | SealedWrite::VersionState { .. }
        | SealedWrite::ApiKey(_)
        | SealedWrite::Consumer(_)
        | SealedWrite::ForgetPod(_) => None,
    }
}

impl Shelf {
    fn get(&self, of: (OrgId, Collection), key: &str) -> Option<&Arc<FoundRecord>> {
        self.by_key.get(&of)?.get(key)
    }

    fn put(&mut self, found: &Arc<FoundRecord>) {
        let head = found.head();
        // Two may have read the same record at the same time.
        self.remove((head.organization, head.collection), &head.key);
        if self.bytes >= MOST_BYTES {
            *self = Self::default();
        }
        self.bytes += weight(found);
        if let Some(digest) = head.digest {
            self.by_digest
                .insert((head.collection, digest), Arc::clone(found));
        }
        let rows = self
            .by_key
            .entry((head.organization, head.collection))
            .or_default();
        rows.insert(head.key.clone(), Arc::clone(found));
    }

    fn remove_those(&mut self, which: impl Fn(&RecordHead) -> bool) {
        let all = self.by_key.values().flat_map(HashMap::values);
        let gone: Vec<Arc<FoundRecord>> = all.filter(|found| which(found.head())).cloned().collect();
        for found in gone {
            let head = found.head();
            self.remove((head.organization, head.collection), &head.key);
        }
    }

    fn remove(&mut self, of: (OrgId, Collection), key: &str) {
        let Some(rows) = self.by_key.get_mut(&of) else {
            return;
        };
        let Some(found) = rows.remove(key) else {
            return;
        };
        if rows.is_empty() {
            self.by_key.remove(&of);
        }
        self.bytes -= weight(&found);
        if let Some(digest) = found.head().digest {
            self.by_digest.remove(&(of.1, digest));
        }
    }
}

/// The key is there twice, and what the body says once more as the document.
fn weight(found: &FoundRecord) -> usize {
    let RecordHead { key, group, .. } = found.head();
    ROW_BYTES + 3 * key.len() + group.len() + 2 * found.record().body.len()
}

#[cfg(test)]
#[path = "hot_records_tests.rs"]
mod tests;
