//! The embedded engine: one SQLite database in a directory of its own, one writer, many readers.

mod copier;
mod fault;
mod heads;
mod hot;
mod hot_records;
mod job;
mod journal;
mod log;
mod migrations;
mod open;
mod queue;
mod read;
mod readers;
mod rows;
mod serve;
mod write;
mod writer;

use std::{
    collections::{HashSet, VecDeque},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

use coffer_domain::{
    id::OrgId,
    store::{CommitError, StoreError},
};
use parking_lot::RwLock;
use tokio::sync::watch;

#[cfg(test)]
mod tests;

pub use open::OpenSqliteError;

use self::{
    copier::Copier,
    hot::Hot,
    hot_records::HotRecords,
    job::{Job, Task},
    journal::Journal,
    queue::Queue,
    read::{keys, tenants},
    readers::Readers,
    writer::Writer,
};
use super::stats::{Counters, bump};

/// How many tasks wait for the writer before the next is made to wait outside.
const QUEUE_CAPACITY: usize = 1024;

/// With how many events in the journal the writer is called to move them, rather than waiting for more.
const MANY_WAITING: usize = 512;

/// With how many the next is made to wait until they have been moved.
const MOST_WAITING: usize = 8192;

/// The engine. Dropping it ends the writer, after what waits, and frees the directory.
pub struct Sqlite {
    readers: Readers,
    shared: Arc<Shared>,
    /// Organizations that are known to be: they never end.
    tenants: RwLock<HashSet<OrgId>>,
    thread: Option<JoinHandle<()>>,
}

/// What callers and the writer share.
struct Shared {
    queue: Queue<Job>,
    journal: Journal,
    hot: Hot,
    hot_records: HotRecords,
    latest: watch::Sender<u64>,
    rights_epoch: AtomicU64,
    counters: Counters,
}

impl Sqlite {
    /// Opens the store in `directory`, making it if it is not there. Blocks for as long as the disk takes.
    pub fn open(directory: &Path) -> Result<Self, OpenSqliteError> {
        let open::OpenDatabase { file, lock, writer } = open::open(directory)?;
        let readers = Readers::new(&file)?;
        let applied = keys::journal_applied(&writer)?;
        let journal = Journal::open(directory, applied).map_err(|source| OpenSqliteError::Io {
            path: directory.to_owned(),
            source,
        })?;
        let (journal, left) = journal;
        let shared = Arc::new(Shared::new(writer::latest_change(&writer)?, journal));
        let writer = Writer::new(writer, Copier::start(&file)?, Arc::clone(&shared), left);
        let ending = Ending(Arc::clone(&shared));
        let run = move || {
            // Held for as long as anything can be written.
            let _held = (lock, ending);
            writer.run();
        };
        let thread = thread::Builder::new().name("coffer-writer".to_owned()).spawn(run);
        let thread = thread.map_err(|source| OpenSqliteError::Io { path: file, source })?;
        Ok(Self {
            readers,
            shared,
            tenants: RwLock::default(),
            thread: Some(thread),
        })
    }

    /// Hands a task to the writer and waits for its answer. The task is done even if nobody waits any more.
    async fn write(&self, task: Task) -> Result<(), CommitError> {
        let (job, answer) = Job::new(task);
        self.shared.queue.push(job).await.map_err(|_| writer::stopped())?;
        answer.await.map_err(|_| writer::stopped())?
    }

    /// Appends an event to the journal, on this thread.
    async fn jot(&self, organization: OrgId, event: Vec<u8>) -> Result<(), StoreError> {
        self.check_tenant(organization)?;
        if self.shared.journal.waiting() >= MOST_WAITING {
            self.settle().await?;
        }
        let journal = &self.shared.journal;
        let waiting = journal.append(organization, event).map_err(|error| {
            StoreError::Unavailable(format!("the audit journal does not take it: {error}"))
        })?;
        bump(&self.shared.counters.records);
        if waiting == 1 || waiting == MANY_WAITING {
            self.shared.queue.nudge();
        }
        Ok(())
    }

    /// Has everything in the journal moved into the audit table.
    async fn settle(&self) -> Result<(), StoreError> {
        self.write(Task::Settle).await.map_err(job::without_preconditions)
    }

    /// An event of a tenant that is not there would never find its chain.
    fn check_tenant(&self, organization: OrgId) -> Result<(), StoreError> {
        if self.tenants.read().contains(&organization) {
            return Ok(());
        }
        let found = self
            .readers
            .read(|db| tenants::organization_by_id(db, organization))?;
        if found.is_none() {
            return Err(StoreError::Broken("no such organization".to_owned()));
        }
        self.tenants.write().insert(organization);
        Ok(())
    }
}

/// Nobody waits for a writer that is gone, even by a panic.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.queue.close();
        drop(self.0.queue.take(None));
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer ended in a panic");
        }
    }
}

impl Shared {
    fn new(latest_change: u64, journal: Journal) -> Self {
        Self {
            queue: Queue::new(QUEUE_CAPACITY),
            journal,
            hot: Hot::default(),
            hot_records: HotRecords::default(),
            latest: watch::Sender::new(latest_change),
            rights_epoch: AtomicU64::new(0),
            counters: Counters::default(),
        }
    }

    fn latest_change(&self) -> u64 {
        *self.latest.borrow()
    }

    fn announce(&self, latest: u64) {
        self.latest
            .send_if_modified(|known| std::mem::replace(known, latest) != latest);
    }

    fn rights_changed(&self) {
        self.rights_epoch.fetch_add(1, Ordering::AcqRel);
    }

    fn count(&self, batch: &VecDeque<Job>, answers: &[Result<(), CommitError>]) {
        for (job, answer) in batch.iter().zip(answers) {
            match (&job.task, answer) {
                (Task::Commit(_), Ok(())) => bump(&self.counters.commits),
                (Task::Commit(_), Err(CommitError::Precondition)) => bump(&self.counters.refused),
                (Task::Record { .. }, Ok(())) => bump(&self.counters.records),
                _ => {}
            }
        }
    }
}
