//! The end of old changes.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

/// Deletes changes from before `before`, oldest first, at most `limit`; never the newest, by which numbers go on.
pub(in crate::engine::sqlite) fn trim(db: &Connection, before: Timestamp, limit: u32) -> Result<()> {
    // The first row that is young enough, or too many rows on, ends the search.
    db.prepare_cached(
        "DELETE FROM changes WHERE sequence < coalesce(
             (SELECT sequence FROM changes
              WHERE at >= ?1 OR sequence >= (SELECT min(sequence) FROM changes) + ?2
              ORDER BY sequence LIMIT 1),
             (SELECT max(sequence) FROM changes))",
    )?
    .execute((before.as_microsecond(), limit))
    .map(|_| ())
}
