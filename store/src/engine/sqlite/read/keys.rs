//! Wrapped keys, and the root that a store is opened with.

use coffer_domain::id::{OrgId, VaultId};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::{
    engine::{Root, VaultKey, sqlite::rows},
    kek::{KeyId, Wrapped},
};

pub(in crate::engine::sqlite) fn root(db: &Connection) -> Result<Option<Root>> {
    let read = |row: &Row<'_>| {
        let seed = Wrapped {
            key_id: KeyId::new(row.get::<_, String>(1)?),
            ciphertext: row.get(2)?,
        };
        Ok(Root {
            store: row.get(0)?,
            seed,
            pepper: row.get(3)?,
        })
    };
    db.prepare_cached("SELECT store, kek_id, seed, pepper FROM root")?
        .query_row([], read)
        .optional()
}

/// Up to which generation the audit table has what was in the journal.
pub(in crate::engine::sqlite) fn journal_applied(db: &Connection) -> Result<u64> {
    db.query_row("SELECT applied FROM journal", [], |row| rows::number(row, 0))
}

fn vault_key(row: &Row<'_>) -> Result<VaultKey> {
    Ok(VaultKey {
        organization: OrgId::from_bytes(row.get(0)?),
        vault: VaultId::from_bytes(row.get(1)?),
        generation: row.get(2)?,
        wrapped: Wrapped {
            key_id: KeyId::new(row.get::<_, String>(3)?),
            ciphertext: row.get(4)?,
        },
    })
}

pub(in crate::engine::sqlite) fn of_vault(db: &Connection, vault: VaultId) -> Result<Vec<VaultKey>> {
    db.prepare_cached(
        "SELECT organization_id, vault_id, generation, kek_id, wrapped
         FROM vault_keys WHERE vault_id = ?1 ORDER BY generation",
    )?
    .query_map([vault.as_bytes()], vault_key)?
    .collect()
}

pub(in crate::engine::sqlite) fn not_under(db: &Connection, kek: &str, limit: u32) -> Result<Vec<VaultKey>> {
    db.prepare_cached(
        "SELECT organization_id, vault_id, generation, kek_id, wrapped
         FROM vault_keys WHERE kek_id <> ?1 LIMIT ?2",
    )?
    .query_map((kek, limit), vault_key)?
    .collect()
}
