//! What one commit does to the rows.

pub(super) mod apply;
pub(super) mod changes;
pub(super) mod keys;
pub(super) mod mutable;
pub(super) mod precondition;
pub(super) mod records;

use rusqlite::{Error, Result};

/// A statement that should have changed one row.
fn one(changed: usize) -> Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::StatementChangedRows(changed))
    }
}
