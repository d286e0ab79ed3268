//! What an engine counts of its own work.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts since the engine was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Commits taken.
    pub commits: u64,
    /// Commits refused for a precondition.
    pub refused: u64,
    /// Audit records of reads.
    pub records: u64,
    /// Transactions that carried them: fewer, for waiting ones share one.
    pub transactions: u64,
    /// Transactions that ended with a flush of the log to disk.
    pub flushes: u64,
    /// How often the log was copied into the database, wholly or in part: two flushes each.
    pub checkpoints: u64,
}

/// [`Stats`] in the making.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) records: AtomicU64,
    pub(crate) transactions: AtomicU64,
    pub(crate) flushes: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
}

impl Counters {
    /// As they stand.
    pub fn read(&self) -> Stats {
        Stats {
            commits: self.commits.load(Relaxed),
            refused: self.refused.load(Relaxed),
            records: self.records.load(Relaxed),
            transactions: self.transactions.load(Relaxed),
            flushes: self.flushes.load(Relaxed),
            checkpoints: self.checkpoints.load(Relaxed),
        }
    }
}

/// Counts one more.
pub(crate) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
