//! The write-ahead log: when it is flushed, when it is copied into the database, and what to think of it after
//! the disk has failed. Outside of transactions only.

use rusqlite::{Connection, Result, Row};

use super::{
    copier::{Copier, CopyError},
    fault,
};
use crate::engine::stats::{Counters, bump};

/// After how many batches erasing is tried again, for when the writer is never idle.
const ERASE_AFTER_BATCHES: u32 = 64;

/// Frames (pages of 4 KiB) of log after which it is copied into the database.
const LONG_LOG_FRAMES: i64 = 12_000;

/// How many may be left by the copier for the writer to copy.
const REST_FRAMES: i64 = LONG_LOG_FRAMES / 8;

/// Frames after which the writer copies all that is left, and everyone waits: it writes faster than the copier copies.
const LONGEST_LOG_FRAMES: i64 = 48_000;

/// Whether a commit flushes the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// `synchronous=NORMAL`: not.
    Written,
    /// `synchronous=FULL`: it does.
    Flushed,
}

/// How long the log is, and how much of it is in the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frames {
    log: i64,
    copied: i64,
}

impl Frames {
    /// How many are not in the database yet.
    pub(super) fn left(self) -> i64 {
        self.log - self.copied
    }
}

/// Of the row that a checkpoint answers with.
pub(super) fn frames(row: &Row<'_>) -> Result<Frames> {
    Ok(Frames {
        log: row.get(1)?,
        copied: row.get(2)?,
    })
}

/// What is known of the log.
pub(super) struct Log {
    copier: Copier,
    level: Level,
    /// Destroyed bytes may still be in it.
    erasing: bool,
    batches_since_erasing: u32,
    /// A disk operation failed: what is in it may not be on the disk.
    suspect: bool,
    /// A flush of the database failed: what was copied counts as copied, and may not be on the disk. Only when the
    /// store is opened anew is all of the log copied again.
    lost: bool,
}

impl Log {
    /// Of a connection whose `synchronous` is `FULL`. The process before this one may have left something to erase.
    pub(super) fn new(copier: Copier) -> Self {
        Self {
            copier,
            level: Level::Flushed,
            erasing: true,
            batches_since_erasing: 0,
            suspect: false,
            lost: false,
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
        if self.suspect && !self.lost {
            self.set_level(db, Level::Flushed)?;
            if !self.empty(db, counters)? {
                return Err(fault::still_suspect());
            }
            self.suspect = false;
        }
        if self.lost {
            return Err(fault::lost());
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
        if let Err(error) = self.shorten(db, counters) {
            self.met(&error);
            tracing::error!(%error, "the store's log could not be copied into the database");
        }
    }

    /// Has the log copied once it is long. What the writer has added meanwhile is little, and copied here: the log can
    /// only start anew once nothing is left.
    fn shorten(&mut self, db: &Connection, counters: &Counters) -> Result<()> {
        let was_copied = self.copier.finished().map(|outcome| self.heed(outcome)).is_some();
        let noop = || {
            db.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?
                .query_row([], frames)
        };
        let found = noop()?;
        if found.log >= LONGEST_LOG_FRAMES || (was_copied && found.left() < REST_FRAMES) {
            self.await_copier();
            bump(&counters.checkpoints);
            return db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
        if was_copied || found.left() >= LONG_LOG_FRAMES {
            bump(&counters.checkpoints);
            self.copier.ask();
        }
        Ok(())
    }

    /// Empties the log, in which destroyed bytes may still be found; again later, if a reader needs it now.
    pub(super) fn erase(&mut self, db: &Connection, counters: &Counters) {
        self.batches_since_erasing = 0;
        self.erasing = true;
        match self.empty(db, counters) {
            Ok(done) => self.erasing = !done,
            Err(error) => {
                self.met(&error);
                tracing::warn!(%error, "the store's log could not be emptied yet");
            }
        }
    }

    /// Whether the whole log was copied into the database and cut to nothing.
    fn empty(&mut self, db: &Connection, counters: &Counters) -> Result<bool> {
        self.await_copier();
        bump(&counters.checkpoints);
        let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    /// Of two that copy the second is refused.
    fn await_copier(&mut self) {
        if let Some(outcome) = self.copier.wait() {
            self.heed(outcome);
        }
    }

    fn heed(&mut self, outcome: std::result::Result<(), CopyError>) {
        let Err(error) = outcome else { return };
        tracing::error!(%error, "the store's log could not be copied into the database");
        match error {
            CopyError::Sqlite(error) => self.met(&error),
            CopyError::Flush(_) => self.lost = true,
        }
    }
}

#[cfg(test)]
impl Log {
    /// Who copies it.
    pub(super) fn copier(&self) -> &Copier {
        &self.copier
    }

    /// As after a failed flush of the database.
    pub(super) fn lose(&mut self) {
        self.heed(Err(CopyError::Flush(std::io::ErrorKind::Other.into())));
    }

    /// As after a failed flush.
    pub(super) fn distrust(&mut self) {
        self.suspect = true;
    }
}
