//! The write-ahead log: when it is flushed, when it is copied into the database, and what to think of it after
//! the disk has failed. Outside of transactions only.

use rusqlite::{Connection, Result, Row};

use super::fault;
use crate::engine::stats::{Counters, bump};

/// After how many batches erasing is tried again, for when the writer is never idle.
const ERASE_AFTER_BATCHES: u32 = 64;

/// Frames (pages of 4 KiB) of log after which it is copied into the database.
const LONG_LOG_FRAMES: i64 = 12_000;

/// Whether a commit flushes the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// `synchronous=NORMAL`: not.
    Written,
    /// `synchronous=FULL`: it does.
    Flushed,
}

/// What is known of the log.
pub(super) struct Log {
    level: Level,
    /// Destroyed bytes may still be in it.
    erasing: bool,
    batches_since_erasing: u32,
    /// A disk operation failed: what is in it may not be on the disk.
    suspect: bool,
}

impl Log {
    /// Of a connection whose `synchronous` is `FULL`. The process before this one may have left something to erase.
    pub(super) fn new() -> Self {
        Self {
            level: Level::Flushed,
            erasing: true,
            batches_since_erasing: 0,
            suspect: false,
        }
    }

    /// Whether there is something to erase.
    pub(super) fn is_erasing(&self) -> bool {
        self.erasing
    }

    /// Before a transaction. Within one SQLite would ignore the level.
    pub(super) fn prepare(&mut self, db: &Connection, level: Level, counters: &Counters) -> Result<()> {
        self.regain_trust(db, counters)?;
        self.set_level(db, level)
    }

    /// When a flush has failed, the kernel may have dropped what it could not write and will not say so again.
    /// Copying the log into the database writes all of it anew; until that succeeds nothing is acknowledged.
    fn regain_trust(&mut self, db: &Connection, counters: &Counters) -> Result<()> {
        if self.suspect {
            self.set_level(db, Level::Flushed)?;
            if !empty(db, counters)? {
                return Err(fault::still_suspect());
            }
            self.suspect = false;
        }
        Ok(())
    }

    fn set_level(&mut self, db: &Connection, level: Level) -> Result<()> {
        if self.level != level {
            let word = match level {
                Level::Written => "NORMAL",
                Level::Flushed => "FULL",
            };
            db.pragma_update(None, "synchronous", word)?;
            self.level = level;
        }
        Ok(())
    }

    /// After an error of the whole transaction.
    pub(super) fn met(&mut self, error: &rusqlite::Error) {
        self.suspect |= fault::is_io(error);
    }

    /// After a batch, when nobody waits for it: keeps the log short, and erases what could not be erased before.
    pub(super) fn tidy(&mut self, db: &Connection, counters: &Counters) {
        self.batches_since_erasing += 1;
        if self.erasing && self.batches_since_erasing >= ERASE_AFTER_BATCHES {
            self.erase(db, counters);
        }
        if let Err(error) = shorten(db, counters) {
            self.met(&error);
            tracing::error!(%error, "the store's log could not be copied into the database");
        }
    }

    /// Empties the log, in which destroyed bytes may still be found; again later, if a reader needs it now.
    pub(super) fn erase(&mut self, db: &Connection, counters: &Counters) {
        self.batches_since_erasing = 0;
        self.erasing = true;
        match empty(db, counters) {
            Ok(done) => self.erasing = !done,
            Err(error) => {
                self.met(&error);
                tracing::warn!(%error, "the store's log could not be emptied yet");
            }
        }
    }
}

/// Copies the log once it is long, as far as readers let it, and never waits for them.
fn shorten(db: &Connection, counters: &Counters) -> Result<()> {
    let frames = |row: &Row<'_>| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?);
    let waiting = db
        .prepare_cached("PRAGMA wal_checkpoint(NOOP)")?
        .query_row([], frames)?;
    if waiting >= LONG_LOG_FRAMES {
        bump(&counters.checkpoints);
        db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// Whether the whole log was copied into the database and cut to nothing.
fn empty(db: &Connection, counters: &Counters) -> Result<bool> {
    bump(&counters.checkpoints);
    let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}

#[cfg(test)]
impl Log {
    /// As after a failed flush.
    pub(super) fn distrust(&mut self) {
        self.suspect = true;
    }
}
