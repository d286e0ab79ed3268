//! Records.

use coffer_domain::{id::OrgId, record::Collection};
use jiff::Timestamp;
use rusqlite::{Connection, Result, named_params};

use super::one;
use crate::engine::{SealedRecord, sqlite::rows::integer};

/// A record, new or changed.
pub(super) fn put(db: &Connection, organization: OrgId, record: &SealedRecord) -> Result<()> {
    let head = &record.head;
    db.prepare_cached(
        "INSERT INTO records (organization_id, collection, key, listed_under, digest, revision, created_at,
                              updated_at, expires_at, due_at, sealed)
         VALUES (:organization, :collection, :key, :group, :digest, :revision, :created_at,
                 :updated_at, :expires_at, :due_at, :sealed)
         ON CONFLICT (organization_id, collection, key) DO UPDATE
         SET listed_under = excluded.listed_under, digest = excluded.digest, revision = excluded.revision,
             updated_at = excluded.updated_at, expires_at = excluded.expires_at, due_at = excluded.due_at,
             sealed = excluded.sealed",
    )?
    .execute(named_params! {
        ":organization": organization.as_bytes(),
        ":collection": head.collection.name(),
        ":key": head.key,
        ":group": head.group,
        ":digest": head.digest.map(|digest| digest.0),
        ":revision": integer(head.revision),
        ":created_at": head.created_at.as_microsecond(),
        ":updated_at": head.updated_at.as_microsecond(),
        ":expires_at": head.expires_at.map(Timestamp::as_microsecond),
        ":due_at": head.due_at.map(Timestamp::as_microsecond),
        ":sealed": record.sealed,
    })
    .and_then(one)
}

/// Deletes one.
pub(super) fn drop(db: &Connection, organization: OrgId, collection: Collection, key: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM records WHERE organization_id = ?1 AND collection = ?2 AND key = ?3")?
        .execute((organization.as_bytes(), collection.name(), key))
        .and_then(one)
}

/// Each collection of a tenant, by as many steps in the index as there are.
macro_rules! each_collection_where {
    ($condition:literal) => {
        concat!(
            "WITH RECURSIVE kinds (name) AS (
                 SELECT min(collection) FROM records WHERE organization_id = ?1
                 UNION ALL
                 SELECT (SELECT min(collection) FROM records WHERE organization_id = ?1 AND collection > kinds.name)
                 FROM kinds WHERE name IS NOT NULL)
             DELETE FROM records WHERE organization_id = ?1 AND ",
            $condition,
            " AND collection IN (SELECT name FROM kinds WHERE name IS NOT NULL)"
        )
    };
}

/// Deletes those of every collection that are kept, or listed, under `id`.
pub(super) fn drop_of(db: &Connection, organization: OrgId, id: &str) -> Result<()> {
    for statement in [
        each_collection_where!("key = ?2"),
        each_collection_where!("listed_under = ?2"),
    ] {
        db.prepare_cached(statement)?
            .execute((organization.as_bytes(), id))?;
    }
    Ok(())
}

/// Deletes up to `limit` that expired by `now`, of any tenant.
pub(in crate::engine::sqlite) fn sweep(db: &Connection, now: Timestamp, limit: u32) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM records WHERE (organization_id, collection, key) IN
             (SELECT organization_id, collection, key FROM records WHERE expires_at <= ?1 LIMIT ?2)",
    )?
    .execute((now.as_microsecond(), limit))
    .map(|_| ())
}
