//! The one thread that writes. It takes all tasks that wait, applies each in a savepoint of its own within one
//! transaction, commits once, which is one flush, and then answers all of them.
//!
//! A transaction with nothing but records of reads whose durability is `Written` commits with
//! `synchronous=NORMAL`: its frames are appended to the log with `write(2)` and no flush. Every other
//! transaction commits with `FULL`, whose flush covers the frames before it too.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use coffer_domain::store::{CommitError, StoreError};
use rusqlite::Connection;

use super::{
    Shared, fault,
    heads::Heads,
    job::{Job, Task},
    queue::Taken,
    read, write,
};
use crate::engine::stats::bump;

/// How long erasing waits before it is tried again, when a reader was in the way.
const ERASE_AGAIN: Duration = Duration::from_millis(50);

/// Whether a commit flushes the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// `NORMAL`: not.
    Written,
    /// `FULL`: it does.
    Flushed,
}

/// The thread's own things.
pub(super) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    heads: Heads,
    latest_change: u64,
    level: Level,
    /// Destroyed bytes may still be in the log.
    erasing: bool,
    /// A disk operation failed: what is in the log may not be on the disk.
    suspect: bool,
}

type Results = Vec<Result<(), CommitError>>;

impl Writer {
    /// Over a configured connection, whose `synchronous` is `FULL`.
    pub(super) fn new(connection: Connection, shared: Arc<Shared>) -> Self {
        let latest_change = shared.latest_change();
        Self {
            connection,
            shared,
            heads: Heads::default(),
            latest_change,
            level: Level::Flushed,
            erasing: true,
            suspect: false,
        }
    }

    /// Until the queue ends.
    pub(super) fn run(mut self) {
        loop {
            match self.shared.queue.take(self.erasing.then_some(ERASE_AGAIN)) {
                Taken::Batch(batch) => self.serve(batch),
                Taken::Idle => self.erase(),
                Taken::End => break,
            }
        }
    }

    fn serve(&mut self, batch: VecDeque<Job>) {
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
    }

    /// One transaction. An error is one of all tasks; an answer is one of its task alone.
    fn transact(&mut self, batch: &VecDeque<Job>) -> rusqlite::Result<Results> {
        self.regain_trust()?;
        let durable = batch.iter().any(|job| job.task.durable());
        self.set_level(if durable { Level::Flushed } else { Level::Written })?;
        self.run_sql("BEGIN IMMEDIATE")?;
        let mut answers = Results::with_capacity(batch.len());
        for job in batch {
            answers.push(self.attempt(&job.task)?);
        }
        self.run_sql("COMMIT")?;
        bump(&self.shared.counters.transactions);
        if durable {
            bump(&self.shared.counters.flushes);
        }
        Ok(answers)
    }

    /// A task in its savepoint. A single insert needs none: it fails as a whole.
    fn attempt(&mut self, task: &Task) -> rusqlite::Result<Result<(), CommitError>> {
        let guarded = !matches!(task, Task::Record { .. });
        if guarded {
            self.run_sql("SAVEPOINT task")?;
        }
        let change_before = self.latest_change;
        match self.apply(task) {
            Ok(answer) => {
                if guarded {
                    self.run_sql("RELEASE task")?;
                }
                Ok(answer)
            }
            Err(error) if fault::is_of_whole(&error) => Err(error),
            Err(error) => {
                self.latest_change = change_before;
                if guarded {
                    self.run_sql("ROLLBACK TO task")?;
                    self.run_sql("RELEASE task")?;
                }
                Ok(Err(fault::commit(&error)))
            }
        }
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
            Task::Record {
                organization, event, ..
            } => self.heads.append(db, *organization, event)?,
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
        if done().any(Task::touches_rights) {
            self.shared.rights_changed();
        }
        self.shared.announce(self.latest_change);
        if done().any(Task::erases) {
            self.erasing = true;
            self.erase();
        }
    }

    /// After a transaction that came to nothing.
    fn abandon(&mut self, error: &rusqlite::Error) {
        tracing::error!(%error, "the store could not write");
        self.suspect |= fault::is_io(error);
        if !self.connection.is_autocommit()
            && let Err(error) = self.run_sql("ROLLBACK")
        {
            tracing::error!(%error, "the store could not roll back");
        }
        self.heads.forget();
        self.latest_change = self.shared.latest_change();
    }

    /// When a flush has failed, the kernel may have dropped what it could not write and will not say so again.
    /// Copying the log into the database writes all of it anew; until that succeeds nothing is acknowledged.
    fn regain_trust(&mut self) -> rusqlite::Result<()> {
        if self.suspect {
            self.set_level(Level::Flushed)?;
            if !self.checkpoint()? {
                return Err(fault::still_suspect());
            }
            self.suspect = false;
        }
        Ok(())
    }

    /// Empties the log, in which destroyed bytes may still be found; again later, if a reader needs it now.
    fn erase(&mut self) {
        match self.checkpoint() {
            Ok(done) => self.erasing = !done,
            Err(error) => tracing::warn!(%error, "the store's log could not be emptied yet"),
        }
    }

    /// Whether the whole log was copied into the database and cut to nothing.
    fn checkpoint(&self) -> rusqlite::Result<bool> {
        bump(&self.shared.counters.checkpoints);
        let busy: i64 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    /// Outside of a transaction only: within one SQLite ignores it.
    fn set_level(&mut self, level: Level) -> rusqlite::Result<()> {
        if self.level != level {
            let word = match level {
                Level::Written => "NORMAL",
                Level::Flushed => "FULL",
            };
            self.connection.pragma_update(None, "synchronous", word)?;
            self.level = level;
        }
        Ok(())
    }

    fn run_sql(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
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
