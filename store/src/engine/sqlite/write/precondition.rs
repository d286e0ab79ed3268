//! What must still be so.

use coffer_domain::store::Precondition;
use rusqlite::{Connection, OptionalExtension, Params, Result};

use crate::engine::sqlite::rows;

/// Whether it holds.
pub(in crate::engine::sqlite) fn holds(db: &Connection, precondition: &Precondition) -> Result<bool> {
    let (expected, found) = match precondition {
        Precondition::OrganizationAbsent(name) => (
            None,
            revision(db, "SELECT 0 FROM organizations WHERE name = ?1", [name.as_str()])?,
        ),
        Precondition::Vault(organization, name, expected) => {
            let sql = "SELECT revision FROM vaults WHERE organization_id = ?1 AND name = ?2";
            (
                *expected,
                revision(db, sql, (organization.as_bytes(), name.as_str()))?,
            )
        }
        Precondition::Secret(vault, environment, name, expected) => {
            let sql = "SELECT revision FROM secrets
                       WHERE vault_id = ?1 AND environment = ?2 AND name = ?3 AND trash = x''";
            (
                *expected,
                revision(db, sql, (vault.as_bytes(), environment.as_str(), name.as_str()))?,
            )
        }
        Precondition::SecretById(secret, expected) => {
            let sql = "SELECT revision FROM secrets WHERE id = ?1";
            (*expected, revision(db, sql, [secret.as_bytes()])?)
        }
        Precondition::Environment(vault, environment) => {
            let sql = "SELECT 1 FROM vaults v, json_each(v.environments) e WHERE v.id = ?1 AND e.value = ?2";
            let key = (vault.as_bytes(), environment.as_str());
            (Some(1), revision(db, sql, key)?)
        }
        Precondition::Population(vault, environment, count) => {
            let sql = "SELECT count(*) FROM secrets WHERE vault_id = ?1 AND environment = ?2";
            let key = (vault.as_bytes(), environment.as_str());
            (Some(*count), revision(db, sql, key)?)
        }
        Precondition::ApiKey(key, expected) => (
            Some(*expected),
            revision(
                db,
                "SELECT revision FROM api_keys WHERE id = ?1",
                [key.as_bytes()],
            )?,
        ),
        Precondition::Record(organization, collection, key, expected) => {
            let sql =
                "SELECT revision FROM records WHERE organization_id = ?1 AND collection = ?2 AND key = ?3";
            let key = (organization.as_bytes(), collection.name(), key);
            (*expected, revision(db, sql, key)?)
        }
    };
    Ok(expected == found)
}

fn revision(db: &Connection, sql: &str, key: impl Params) -> Result<Option<u64>> {
    db.prepare_cached(sql)?
        .query_row(key, |row| rows::number(row, 0))
        .optional()
}
