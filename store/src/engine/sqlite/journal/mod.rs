//! Where the record of a read waits before it is linked into its tenant's chain. An event is appended to a file
//! with one `write(2)`, on the caller's own thread, and then survives the end of this process in any way; the
//! writer moves whole files of them into the audit table, many in one transaction. Numbers and hashes are given
//! there: the journal's order is the chain's.
//!
//! One file per generation. `journal.applied` in the database tells up to which generation the table has
//! everything: what a crash left of later ones is applied when the store is opened, and of earlier ones removed.

mod file;

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use coffer_domain::id::OrgId;
use parking_lot::Mutex;

/// An event that is in no chain yet: whose it is, and its canonical bytes.
pub(super) type Event = (OrgId, Vec<u8>);

/// The journal.
pub(super) struct Journal {
    directory: PathBuf,
    active: Mutex<Active>,
    /// How many events are not in the table yet, of whatever file.
    waiting: AtomicUsize,
}

/// The file that is being appended to.
struct Active {
    file: File,
    generation: u64,
    length: u64,
    events: Vec<Event>,
    /// The record being written; kept for its room.
    encoded: Vec<u8>,
}

/// The events of one file that is appended to no more.
pub(super) struct Sealed {
    /// Which file.
    pub(super) generation: u64,
    /// What is in it, in order.
    pub(super) events: Vec<Event>,
}

impl Journal {
    /// The journal in `directory`, of which the table has everything up to `applied`; with what it has not.
    pub(super) fn open(directory: &Path, applied: u64) -> io::Result<(Self, Vec<Sealed>)> {
        let mut left = Vec::new();
        let mut newest = applied;
        for generation in file::generations(directory)? {
            let path = file::path(directory, generation);
            newest = newest.max(generation);
            if generation <= applied {
                fs::remove_file(path)?;
            } else {
                let events = file::parse(generation, &fs::read(path)?);
                left.push(Sealed { generation, events });
            }
        }
        let journal = Self {
            directory: directory.to_owned(),
            active: Mutex::new(Active::new(directory, newest + 1)?),
            waiting: AtomicUsize::new(left.iter().map(|sealed| sealed.events.len()).sum()),
        };
        Ok((journal, left))
    }

    /// Keeps an event, and tells how many wait with it. Nothing is kept when this fails.
    pub(super) fn append(&self, organization: OrgId, event: Vec<u8>) -> io::Result<usize> {
        let mut active = self.active.lock();
        active.append(organization, event)?;
        Ok(self.waiting.fetch_add(1, Ordering::AcqRel) + 1)
    }

    /// How many events are not in the table yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Ends the present file, if anything is in it, and begins the next.
    pub(super) fn seal(&self) -> io::Result<Option<Sealed>> {
        let mut active = self.active.lock();
        if active.events.is_empty() {
            return Ok(None);
        }
        let next = Active::new(&self.directory, active.generation + 1)?;
        let ended = std::mem::replace(&mut *active, next);
        Ok(Some(Sealed {
            generation: ended.generation,
            events: ended.events,
        }))
    }

    /// The events of `sealed` are in the table. If its file cannot be removed it is at the next start.
    pub(super) fn settled(&self, sealed: &Sealed) {
        self.waiting.fetch_sub(sealed.events.len(), Ordering::AcqRel);
        self.remove(sealed.generation);
    }

    fn remove(&self, generation: u64) {
        if let Err(error) = fs::remove_file(file::path(&self.directory, generation)) {
            tracing::debug!(%error, generation, "a file of the audit journal was not removed");
        }
    }

    /// Leaves no empty file behind.
    pub(super) fn end(&self) {
        let active = self.active.lock();
        if active.events.is_empty() {
            self.remove(active.generation);
        }
    }
}

impl Active {
    fn new(directory: &Path, generation: u64) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(file::path(directory, generation))?;
        Ok(Self {
            file,
            generation,
            length: 0,
            events: Vec::new(),
            encoded: Vec::new(),
        })
    }

    /// A write that fails halfway is overwritten by the next: only whole records count.
    fn append(&mut self, organization: OrgId, event: Vec<u8>) -> io::Result<()> {
        self.encoded.clear();
        file::encode(self.generation, organization, &event, &mut self.encoded)?;
        self.file.write_all_at(&self.encoded, self.length)?;
        self.length += self.encoded.len() as u64;
        self.events.push((organization, event));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
