//! The audit chains and the change sequence.

use coffer_domain::{
    audit::{AuditRecord, ChainHash},
    change::Change,
    id::OrgId,
};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::engine::sqlite::rows;

pub(in crate::engine::sqlite) fn audit(
    db: &Connection,
    organization: OrgId,
    after: u64,
    limit: u32,
) -> Result<Vec<AuditRecord>> {
    db.prepare_cached(
        "SELECT sequence, event, hash FROM audit
         WHERE organization_id = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
    )?
    .query_map((organization.as_bytes(), rows::integer(after), limit), record)?
    .collect()
}

/// Newest first.
pub(in crate::engine::sqlite) fn audit_before(
    db: &Connection,
    organization: OrgId,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<AuditRecord>> {
    let before = before.map_or(i64::MAX, rows::integer);
    db.prepare_cached(
        "SELECT sequence, event, hash FROM audit
         WHERE organization_id = ?1 AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3",
    )?
    .query_map((organization.as_bytes(), before, limit), record)?
    .collect()
}

fn record(row: &Row<'_>) -> Result<AuditRecord> {
    Ok(AuditRecord {
        sequence: rows::number(row, 0)?,
        event: row.get(1)?,
        hash: row.get(2)?,
    })
}

/// The newest record of a chain: its number and hash.
pub(in crate::engine::sqlite) fn head(
    db: &Connection,
    organization: OrgId,
) -> Result<Option<(u64, ChainHash)>> {
    db.prepare_cached(
        "SELECT sequence, hash FROM audit WHERE organization_id = ?1 ORDER BY sequence DESC LIMIT 1",
    )?
    .query_row([organization.as_bytes()], |row| {
        Ok((rows::number(row, 0)?, row.get(1)?))
    })
    .optional()
}

pub(in crate::engine::sqlite) fn changes(db: &Connection, after: u64, limit: u32) -> Result<Vec<Change>> {
    db.prepare_cached(
        "SELECT sequence, organization_id, subject, at FROM changes WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    )?
    .query_map((rows::integer(after), limit), |row| {
        Ok(Change {
            sequence: rows::number(row, 0)?,
            organization: OrgId::from_bytes(row.get(1)?),
            subject: rows::json(row, 2)?,
            at: rows::time(row, 3)?,
        })
    })?
    .collect()
}

/// The oldest change's number; 0 before the first.
pub(in crate::engine::sqlite) fn oldest_change(db: &Connection) -> Result<u64> {
    db.prepare_cached("SELECT coalesce(min(sequence), 0) FROM changes")?
        .query_row([], |row| rows::number(row, 0))
}

/// The newest change's number; 0 before the first.
pub(in crate::engine::sqlite) fn latest_change(db: &Connection) -> Result<u64> {
    db.query_row("SELECT coalesce(max(sequence), 0) FROM changes", [], |row| {
        rows::number(row, 0)
    })
}
