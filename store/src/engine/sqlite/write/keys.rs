//! Wrapped keys, and the root.

use coffer_domain::id::OrgId;
use rusqlite::{Connection, Result};

use super::one;
use crate::engine::{Root, VaultKey, sqlite::rows};

/// A new key of a vault.
pub(super) fn insert(db: &Connection, organization: OrgId, key: &VaultKey) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO vault_keys (vault_id, organization_id, generation, kek_id, wrapped)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        key.vault.as_bytes(),
        organization.as_bytes(),
        key.generation,
        key.wrapped.key_id.as_str(),
        &key.wrapped.ciphertext,
    ))
    .and_then(one)
}

/// The same key, wrapped anew. Its vault may have been dropped meanwhile: then there is nothing to do.
pub(in crate::engine::sqlite) fn replace(db: &Connection, key: &VaultKey) -> Result<()> {
    db.prepare_cached(
        "UPDATE vault_keys SET kek_id = ?4, wrapped = ?5
         WHERE vault_id = ?1 AND organization_id = ?2 AND generation = ?3",
    )?
    .execute((
        key.vault.as_bytes(),
        key.organization.as_bytes(),
        key.generation,
        key.wrapped.key_id.as_str(),
        &key.wrapped.ciphertext,
    ))
    .map(|_| ())
}

/// The root; what it names never changes, only how it is wrapped.
pub(in crate::engine::sqlite) fn put_root(db: &Connection, root: &Root) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO root (only_one, store, kek_id, seed, pepper) VALUES (1, ?1, ?2, ?3, ?4)
         ON CONFLICT (only_one) DO UPDATE SET kek_id = excluded.kek_id, seed = excluded.seed
         WHERE store = excluded.store AND pepper = excluded.pepper",
    )?
    .execute((
        root.store,
        root.seed.key_id.as_str(),
        &root.seed.ciphertext,
        &root.pepper,
    ))
    .and_then(one)
}

/// The audit table now has everything of the journal up to `generation`.
pub(in crate::engine::sqlite) fn put_journal_applied(db: &Connection, generation: u64) -> Result<()> {
    db.prepare_cached("UPDATE journal SET applied = ?1")?
        .execute([rows::integer(generation)])
        .and_then(one)
}
