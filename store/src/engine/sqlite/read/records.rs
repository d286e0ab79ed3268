//! Records.

use coffer_domain::{
    api_key::TokenDigest,
    id::OrgId,
    record::{Collection, RecordHead, RecordQuery},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, named_params};

use crate::engine::{SealedRecord, sqlite::rows};

const COLUMNS: &str = "organization_id, key, listed_under, digest, revision, created_at, updated_at, expires_at, \
                       due_at, sealed";

fn record(row: &Row<'_>, collection: Collection) -> Result<SealedRecord> {
    let digest: Option<[u8; 32]> = row.get(3)?;
    let head = RecordHead {
        organization: OrgId::from_bytes(row.get(0)?),
        collection,
        key: row.get(1)?,
        group: row.get(2)?,
        digest: digest.map(TokenDigest),
        revision: rows::number(row, 4)?,
        created_at: rows::time(row, 5)?,
        updated_at: rows::time(row, 6)?,
        expires_at: rows::optional_time(row, 7)?,
        due_at: rows::optional_time(row, 8)?,
    };
    Ok(SealedRecord {
        head,
        sealed: row.get(9)?,
    })
}

pub(in crate::engine::sqlite) fn by_key(
    db: &Connection,
    organization: OrgId,
    collection: Collection,
    key: &str,
) -> Result<Option<SealedRecord>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM records WHERE organization_id = ?1 AND collection = ?2 AND key = ?3"
    ))?
    .query_row((organization.as_bytes(), collection.name(), key), |row| {
        record(row, collection)
    })
    .optional()
}

pub(in crate::engine::sqlite) fn by_digest(
    db: &Connection,
    collection: Collection,
    digest: &TokenDigest,
) -> Result<Option<SealedRecord>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM records WHERE collection = ?1 AND digest = ?2"
    ))?
    .query_row((collection.name(), digest.0), |row| record(row, collection))
    .optional()
}

/// The condition of a query. With a group, its index gives the keys in order; without, the table itself does.
fn condition(query: &RecordQuery<'_>) -> String {
    let grouped = query.group.map_or("", |_| " AND listed_under = :group");
    let after = match (query.after, query.descending) {
        (None, _) => "",
        (Some(_), false) => " AND key > :after",
        (Some(_), true) => " AND key < :after",
    };
    format!(
        "organization_id = :organization AND collection = :collection{grouped}{after}
         AND (expires_at IS NULL OR expires_at > :now)"
    )
}

/// The values that [`condition`] and `LIMIT` name.
fn bind(statement: &mut rusqlite::CachedStatement<'_>, query: &RecordQuery<'_>) -> Result<()> {
    let values = named_params! {
        ":organization": query.organization.as_bytes(),
        ":collection": query.collection.name(),
        ":group": query.group,
        ":after": query.after,
        ":now": query.now.as_microsecond(),
        ":limit": query.limit,
        ":skip": query.skip,
    };
    for (name, value) in values {
        if let Some(index) = statement.parameter_index(name)? {
            statement.raw_bind_parameter(index, value)?;
        }
    }
    Ok(())
}

pub(in crate::engine::sqlite) fn page(db: &Connection, query: &RecordQuery<'_>) -> Result<Vec<SealedRecord>> {
    let order = if query.descending { "DESC" } else { "ASC" };
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM records WHERE {} ORDER BY key {order} LIMIT :limit OFFSET :skip",
        condition(query)
    ))?;
    bind(&mut statement, query)?;
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        found.push(record(row, query.collection)?);
    }
    Ok(found)
}

pub(in crate::engine::sqlite) fn count(db: &Connection, query: &RecordQuery<'_>) -> Result<u64> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT count(*) FROM records WHERE {}",
        condition(query)
    ))?;
    bind(&mut statement, query)?;
    let mut found = statement.raw_query();
    found
        .next()?
        .map_or(Err(rusqlite::Error::QueryReturnedNoRows), |row| {
            rows::number(row, 0)
        })
}

pub(in crate::engine::sqlite) fn due(
    db: &Connection,
    collection: Collection,
    now: Timestamp,
    except: &[String],
    limit: u32,
) -> Result<Vec<SealedRecord>> {
    // As one parameter, so that the statement is the same however many there are.
    let except = serde_json::Value::from(except).to_string();
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM records WHERE collection = ?1 AND due_at <= ?2
             AND listed_under NOT IN (SELECT value FROM json_each(?4))
         ORDER BY due_at LIMIT ?3"
    ))?
    .query_map((collection.name(), now.as_microsecond(), limit, except), |row| {
        record(row, collection)
    })?
    .collect()
}
