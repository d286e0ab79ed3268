//! Organizations and vaults.

use coffer_domain::{
    entity::{Organization, Vault},
    id::{OrgId, VaultId},
    name::{OrgName, VaultName},
};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::engine::sqlite::rows;

pub(in crate::engine::sqlite) fn organization(
    db: &Connection,
    name: &OrgName,
) -> Result<Option<Organization>> {
    db.prepare_cached("SELECT id, name, created_at, label, account_id FROM organizations WHERE name = ?1")?
        .query_row([name.as_str()], |row| rows::organization(row, 0))
        .optional()
}

pub(in crate::engine::sqlite) fn organization_by_id(
    db: &Connection,
    id: OrgId,
) -> Result<Option<Organization>> {
    db.prepare_cached("SELECT id, name, created_at, label, account_id FROM organizations WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| rows::organization(row, 0))
        .optional()
}

pub(in crate::engine::sqlite) fn projects(db: &Connection, account: OrgId) -> Result<Vec<Organization>> {
    db.prepare_cached(
        "SELECT id, name, created_at, label, account_id FROM organizations WHERE account_id = ?1 ORDER BY name",
    )?
    .query_map([account.as_bytes()], |row| rows::organization(row, 0))?
    .collect()
}

pub(in crate::engine::sqlite) fn vault(
    db: &Connection,
    organization: &OrgName,
    vault: &VaultName,
) -> Result<Option<(Organization, Vault)>> {
    db.prepare_cached(
        "SELECT v.id, v.organization_id, v.name, v.environments, v.access, v.owner, v.created_at, v.revision,
                v.environment_types, v.restricted, o.id, o.name, o.created_at, o.label, o.account_id
         FROM organizations o JOIN vaults v ON v.organization_id = o.id
         WHERE o.name = ?1 AND v.name = ?2",
    )?
    .query_row([organization.as_str(), vault.as_str()], |row| {
        Ok((rows::organization(row, 10)?, rows::vault(row)?))
    })
    .optional()
}

pub(in crate::engine::sqlite) fn vault_by_id(
    db: &Connection,
    id: VaultId,
) -> Result<Option<(Organization, Vault)>> {
    db.prepare_cached(
        "SELECT v.id, v.organization_id, v.name, v.environments, v.access, v.owner, v.created_at, v.revision,
                v.environment_types, v.restricted, o.id, o.name, o.created_at, o.label, o.account_id
         FROM vaults v JOIN organizations o ON o.id = v.organization_id
         WHERE v.id = ?1",
    )?
    .query_row([id.as_bytes()], |row| {
        Ok((rows::organization(row, 10)?, rows::vault(row)?))
    })
    .optional()
}

pub(in crate::engine::sqlite) fn vaults(
    db: &Connection,
    organization: OrgId,
    after: Option<&VaultName>,
    limit: u32,
) -> Result<Vec<Vault>> {
    // No name is empty: every one comes after ''.
    db.prepare_cached(
        "SELECT id, organization_id, name, environments, access, owner, created_at, revision, environment_types,
                restricted
         FROM vaults WHERE organization_id = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
    )?
    .query_map(
        (
            organization.as_bytes(),
            after.map_or("", VaultName::as_str),
            limit,
        ),
        rows::vault,
    )?
    .collect()
}
