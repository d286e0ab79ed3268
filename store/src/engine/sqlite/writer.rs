//! The one thread that writes. It takes all tasks that wait, applies them within one transaction, commits once,
//! which is one flush, and then answers all of them. A task that fails halfway, which hardly ever happens once its
//! preconditions hold, spoils the transaction: then all is done again with a savepoint for each.
//!
//! What waits in the journal goes first in every transaction, so that the chain keeps the order of what happened;
//! when nothing else is to be written, it is moved in bulk, a moment later. A transaction of that alone commits with
//! `synchronous=NORMAL`: its frames are appended to the log with `write(2)` and no flush. Every other
//! transaction commits with `FULL`, whose flush covers the frames before it too.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use coffer_domain::store::{CommitError, StoreError};
use rusqlite::Connection;

use super::{
    MANY_WAITING, Shared,
    copier::Copier,
    fault,
    heads::Heads,
    job::{Job, Task},
    journal::Sealed,
    log::{Level, Log},
    queue::Taken,
    read, write,
};
use crate::engine::stats::bump;

/// How long erasing waits before it is tried again, when a reader was in the way.
const ERASE_AGAIN: Duration = Duration::from_millis(50);

/// How long the journal waits for more before what it holds is moved.
const LINGER: Duration = Duration::from_millis(50);

/// The thread's own things.
pub(super) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    heads: Heads,
    latest_change: u64,
    log: Log,
    /// Files of the journal that are not yet in the table, oldest first.
    unsettled: Vec<Sealed>,
    /// The last transaction came to nothing.
    failing: bool,
}

type Results = Vec<Result<(), CommitError>>;

/// What became of one task.
type Attempted = Result<Result<(), CommitError>, Spoiled>;

/// A task left something half done: the transaction cannot be committed.
struct Spoiled;

impl Writer {
    /// Over a configured connection, whose `synchronous` is `FULL`.
    /// `unsettled` is what a crash left in the journal.
    pub(super) fn new(
        connection: Connection,
        copier: Copier,
        shared: Arc<Shared>,
        unsettled: Vec<Sealed>,
    ) -> Self {
        let latest_change = shared.latest_change();
        Self {
            connection,
            shared,
            heads: Heads::default(),
            latest_change,
            log: Log::new(copier),
            unsettled,
            failing: false,
        }
    }

    /// Until the queue ends.
    pub(super) fn run(mut self) {
        loop {
            match self.shared.queue.take(self.patience()) {
                Taken::Batch(batch) => self.serve(batch),
                Taken::Nudged if self.shared.journal.waiting() < MANY_WAITING => {}
                Taken::Nudged => self.settle(),
                Taken::Idle => self.tidy(),
                Taken::End => break,
            }
        }
        self.settle();
        self.shared.journal.end();
    }

    /// How long to wait for a task while there is something else to do.
    fn patience(&self) -> Option<Duration> {
        let settle = (self.shared.journal.waiting() > 0).then_some(LINGER);
        settle.or(self.log.is_erasing().then_some(ERASE_AGAIN))
    }

    /// Nobody has asked for anything for a while.
    fn tidy(&mut self) {
        self.settle();
        if self.log.is_erasing() {
            self.log.erase(&self.connection, &self.shared.counters);
        }
    }

    /// Moves what the journal holds.
    fn settle(&mut self) {
        if self.shared.journal.waiting() > 0 {
            self.serve(VecDeque::new());
        }
    }

    /// Does all of `batch`, and answers.
    pub(super) fn serve(&mut self, batch: VecDeque<Job>) {
        let answers = self.transact(&batch).unwrap_or_else(|error| {
            self.abandon(&error);
            batch
                .iter()
                .map(|_| Err(fault::commit_of_whole(&error)))
                .collect()
        });
        self.publish(&batch, &answers);
        for (job, answer) in batch.into_iter().zip(answers) {
            job.answer(answer);
        }
        self.log.tidy(&self.connection, &self.shared.counters);
    }

    /// One transaction. An error is one of all tasks; an answer is one of its task alone.
    fn transact(&mut self, batch: &VecDeque<Job>) -> rusqlite::Result<Results> {
        let durable = batch.iter().any(|job| job.task.durable());
        let level = if durable { Level::Flushed } else { Level::Written };
        self.log.prepare(&self.connection, level, &self.shared.counters)?;
        let answers = if let Ok(answers) = self.fill(batch, Self::bare)? {
            answers
        } else {
            self.run_sql("ROLLBACK")?;
            self.forget();
            // Nothing is ever spoiled within savepoints.
            self.fill(batch, Self::guarded)?.unwrap_or_default()
        };
        self.run_sql("COMMIT")?;
        for sealed in self.unsettled.drain(..) {
            self.shared.journal.settled(&sealed);
        }
        if std::mem::take(&mut self.failing) {
            tracing::info!("the store writes again");
        }
        bump(&self.shared.counters.transactions);
        if durable {
            bump(&self.shared.counters.flushes);
        }
        Ok(answers)
    }

    /// Begins a transaction and does all tasks in it, each by `attempt`.
    fn fill(
        &mut self,
        batch: &VecDeque<Job>,
        attempt: fn(&mut Self, &Task) -> rusqlite::Result<Attempted>,
    ) -> rusqlite::Result<Result<Results, Spoiled>> {
        self.run_sql("BEGIN IMMEDIATE")?;
        self.link_journal()?;
        let mut answers = Results::with_capacity(batch.len());
        for job in batch {
            match attempt(self, &job.task)? {
                Ok(answer) => answers.push(answer),
                Err(spoiled) => return Ok(Err(spoiled)),
            }
        }
        Ok(Ok(answers))
    }

    /// Links what the journal holds into the chains. It stays in `unsettled` until the transaction is committed.
    fn link_journal(&mut self) -> rusqlite::Result<()> {
        match self.shared.journal.seal() {
            Ok(sealed) => self.unsettled.extend(sealed),
            // It stays where it is, and is linked later.
            Err(error) => tracing::warn!(%error, "the audit journal could not begin a new file"),
        }
        for (organization, event) in self.unsettled.iter().flat_map(|sealed| &sealed.events) {
            self.heads.append(&self.connection, *organization, event)?;
        }
        match self.unsettled.last() {
            Some(last) => write::keys::put_journal_applied(&self.connection, last.generation),
            None => Ok(()),
        }
    }

    /// A task by itself: if it fails after its preconditions held, something of it may have been written.
    fn bare(&mut self, task: &Task) -> rusqlite::Result<Attempted> {
        match self.apply(task) {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) if fault::is_of_whole(&error) => Err(error),
            Err(_) => Ok(Err(Spoiled)),
        }
    }

    /// A task in its savepoint: nothing is left of one that fails.
    fn guarded(&mut self, task: &Task) -> rusqlite::Result<Attempted> {
        self.run_sql("SAVEPOINT task")?;
        let change_before = self.latest_change;
        let answer = match self.apply(task) {
            Ok(answer) => answer,
            Err(error) if fault::is_of_whole(&error) => return Err(error),
            Err(error) => {
                self.latest_change = change_before;
                self.run_sql("ROLLBACK TO task")?;
                Err(fault::commit(&error))
            }
        };
        self.run_sql("RELEASE task")?;
        Ok(Ok(answer))
    }

    /// The audit record comes last, so that the chain's head moves only with a task that succeeded.
    fn apply(&mut self, task: &Task) -> rusqlite::Result<Result<(), CommitError>> {
        let db = &self.connection;
        match task {
            Task::Commit(commit) => {
                for precondition in &commit.preconditions {
                    if !write::precondition::holds(db, precondition)? {
                        return Ok(Err(CommitError::Precondition));
                    }
                }
                for row in &commit.writes {
                    write::apply::write(db, commit.organization, row)?;
                }
                for draft in &commit.changes {
                    self.latest_change += 1;
                    write::apply::change(db, commit.organization, self.latest_change, draft)?;
                }
                self.heads.append(db, commit.organization, &commit.audit)?;
            }
            Task::Record { organization, event } => self.heads.append(db, *organization, event)?,
            Task::Settle => {}
            Task::Usage(used) => {
                for (key, usage) in used {
                    write::mutable::usage(db, *key, *usage)?;
                }
            }
            Task::Sweep(now, limit) => write::records::sweep(db, *now, *limit)?,
            Task::Trim(before, limit) => write::changes::trim(db, *before, *limit)?,
            Task::Root(root) => write::keys::put_root(db, root)?,
            Task::Keys(keys) => {
                for key in keys {
                    write::keys::replace(db, key)?;
                }
            }
        }
        Ok(Ok(()))
    }

    /// Makes known what is now on disk: rights first, so that nobody hears of a change and decides by old ones.
    fn publish(&mut self, batch: &VecDeque<Job>, answers: &Results) {
        let done = || {
            batch
                .iter()
                .zip(answers)
                .filter(|(_, answer)| answer.is_ok())
                .map(|(job, _)| &job.task)
        };
        self.shared.count(batch, answers);
        for task in done() {
            match task {
                Task::Commit(commit) => {
                    self.shared.hot.forget(commit.organization, &commit.writes);
                    self.shared
                        .hot_records
                        .forget(commit.organization, &commit.writes);
                }
                Task::Sweep(now, _) => self.shared.hot_records.forget_expired(*now),
                _ => {}
            }
        }
        if done().any(Task::touches_rights) {
            self.shared.rights_changed();
        }
        self.shared.announce(self.latest_change);
        if done().any(Task::erases) {
            self.log.erase(&self.connection, &self.shared.counters);
        }
    }

    /// After a transaction that came to nothing.
    fn abandon(&mut self, error: &rusqlite::Error) {
        // Once, not for every batch that meets a full disk.
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!(%error, "the store cannot write");
        }
        self.log.met(error);
        if !self.connection.is_autocommit()
            && let Err(error) = self.run_sql("ROLLBACK")
        {
            tracing::error!(%error, "the store could not roll back");
        }
        self.forget();
    }

    /// What was known of the rows of a transaction that was rolled back.
    fn forget(&mut self) {
        self.heads.forget();
        self.latest_change = self.shared.latest_change();
    }

    fn run_sql(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }
}

#[cfg(test)]
impl Writer {
    /// As after a failed flush.
    pub(super) fn distrust(&mut self) {
        self.log.distrust();
    }

    /// As after a failed flush of the database.
    pub(super) fn lose(&mut self) {
        self.log.lose();
    }

    /// Waits while the log is being copied, and leaves it to the writer to hear what came of it.
    pub(super) fn await_copier(&self) {
        self.log.copier().linger();
    }

    /// How long the log is.
    pub(super) fn log_frames(&self) -> i64 {
        let frames = |row: &rusqlite::Row<'_>| row.get(1);
        self.connection
            .query_row("PRAGMA wal_checkpoint(NOOP)", [], frames)
            .unwrap()
    }

    /// Does not wait for readers.
    pub(super) fn impatient(&self) {
        self.connection.busy_timeout(Duration::ZERO).unwrap();
    }

    /// How large the database is.
    pub(super) fn pages(&self) -> i64 {
        self.connection
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap()
    }

    /// How large it may become.
    pub(super) fn limit_pages(&self, pages: i64) {
        self.connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .unwrap();
    }
}

/// The newest change at the time of opening.
pub(super) fn latest_change(connection: &Connection) -> rusqlite::Result<u64> {
    read::logs::latest_change(connection)
}

/// What every task is told when the writer is gone.
pub(super) fn stopped() -> StoreError {
    StoreError::Unavailable("the store's writer has stopped".to_owned())
}
