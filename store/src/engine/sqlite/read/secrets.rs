//! Secrets, their versions, and who holds them.

use std::sync::{Arc, OnceLock};

use coffer_domain::{
    address::Version,
    entity::{Consumer, Secret, VersionMeta},
    id::{OrgId, SecretId, VaultId},
    name::{EnvName, SecretName},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::engine::{SealedVersion, sqlite::rows};

pub(in crate::engine::sqlite) fn secret(
    db: &Connection,
    vault: VaultId,
    environment: &EnvName,
    name: &SecretName,
) -> Result<Option<Secret>> {
    db.prepare_cached(
        "SELECT id, vault_id, environment, name, current_version, latest_version, generator, owner, created_at,
                updated_at, revision, metadata, trashed_at, purge_at
         FROM secrets WHERE vault_id = ?1 AND environment = ?2 AND name = ?3 AND trash = x''",
    )?
    .query_row((vault.as_bytes(), environment.as_str(), name.as_str()), rows::secret)
    .optional()
}

pub(in crate::engine::sqlite) fn secrets(
    db: &Connection,
    vault: VaultId,
    environment: &EnvName,
    after: Option<&SecretName>,
    limit: u32,
) -> Result<Vec<Secret>> {
    db.prepare_cached(
        "SELECT id, vault_id, environment, name, current_version, latest_version, generator, owner, created_at,
                updated_at, revision, metadata, trashed_at, purge_at
         FROM secrets WHERE vault_id = ?1 AND environment = ?2 AND name > ?3 AND trash = x'' ORDER BY name LIMIT ?4",
    )?
    .query_map(
        (vault.as_bytes(), environment.as_str(), after.map_or("", SecretName::as_str), limit),
        rows::secret,
    )?
    .collect()
}

pub(in crate::engine::sqlite) fn by_id(db: &Connection, id: SecretId) -> Result<Option<Secret>> {
    db.prepare_cached(
        "SELECT id, vault_id, environment, name, current_version, latest_version, generator, owner, created_at,
                updated_at, revision, metadata, trashed_at, purge_at
         FROM secrets WHERE id = ?1",
    )?
    .query_row([id.as_bytes()], rows::secret)
    .optional()
}

/// Latest first.
pub(in crate::engine::sqlite) fn trash(db: &Connection, vault: VaultId) -> Result<Vec<Secret>> {
    db.prepare_cached(
        "SELECT id, vault_id, environment, name, current_version, latest_version, generator, owner, created_at,
                updated_at, revision, metadata, trashed_at, purge_at
         FROM secrets WHERE vault_id = ?1 AND trashed_at IS NOT NULL ORDER BY trashed_at DESC, id DESC",
    )?
    .query_map([vault.as_bytes()], rows::secret)?
    .collect()
}

pub(in crate::engine::sqlite) fn trash_due(
    db: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Secret>> {
    db.prepare_cached(
        "SELECT id, vault_id, environment, name, current_version, latest_version, generator, owner, created_at,
                updated_at, revision, metadata, trashed_at, purge_at
         FROM secrets WHERE purge_at <= ?1 LIMIT ?2",
    )?
    .query_map((now.as_microsecond(), limit), rows::secret)?
    .collect()
}

/// The ciphertexts of a secret, of every version that has one.
pub(in crate::engine::sqlite) fn ciphertexts(
    db: &Connection,
    secret: SecretId,
) -> Result<Vec<(Version, Vec<u8>)>> {
    db.prepare_cached("SELECT version, sealed FROM versions WHERE secret_id = ?1 AND sealed IS NOT NULL")?
        .query_map([secret.as_bytes()], |row| {
            Ok((rows::version(row, 0)?, row.get(1)?))
        })?
        .collect()
}

pub(in crate::engine::sqlite) fn count(db: &Connection, vault: VaultId) -> Result<u64> {
    db.prepare_cached("SELECT count(*) FROM secrets WHERE vault_id = ?1 AND trash = x''")?
        .query_row([vault.as_bytes()], |row| rows::number(row, 0))
}

pub(in crate::engine::sqlite) fn versions(db: &Connection, secret: SecretId) -> Result<Vec<VersionMeta>> {
    db.prepare_cached(
        "SELECT version, state, created_at, created_by, ended_at, env_file_unfit
         FROM versions WHERE secret_id = ?1 ORDER BY version DESC",
    )?
    .query_map([secret.as_bytes()], |row| rows::version_meta(row, 0))?
    .collect()
}

/// The one that every read of a value asks.
pub(in crate::engine::sqlite) const SEALED_VERSION: &str =
    "SELECT s.id, s.vault_id, s.environment, s.name, s.current_version, s.latest_version, s.generator, s.owner,
                s.created_at, s.updated_at, s.revision, s.metadata, s.trashed_at, s.purge_at,
                v.version, v.state, v.created_at, v.created_by, v.ended_at, v.env_file_unfit, v.sealed
         FROM secrets s JOIN versions v
              ON v.secret_id = s.id AND v.version = coalesce(?5, s.current_version, s.latest_version)
         WHERE s.vault_id = ?1 AND s.environment = ?2 AND s.name = ?3 AND s.trash = x''
           AND s.organization_id = ?4 AND v.organization_id = ?4";

pub(in crate::engine::sqlite) fn sealed_version(
    db: &Connection,
    (organization, vault): (OrgId, VaultId),
    environment: &EnvName,
    name: &SecretName,
    version: Option<Version>,
) -> Result<Option<Arc<SealedVersion>>> {
    let read = |row: &Row<'_>| {
        Ok(SealedVersion {
            secret: rows::secret(row)?,
            meta: rows::version_meta(row, 14)?,
            sealed: row.get(20)?,
            opener: OnceLock::new(),
        })
    };
    db.prepare_cached(SEALED_VERSION)?
        .query_row(
            (
                vault.as_bytes(),
                environment.as_str(),
                name.as_str(),
                organization.as_bytes(),
                version.map(|version| rows::integer(version.get())),
            ),
            read,
        )
        .optional()
        .map(|found| found.map(Arc::new))
}

pub(in crate::engine::sqlite) fn consumers(
    db: &Connection,
    vault: VaultId,
    environment: &EnvName,
) -> Result<Vec<Consumer>> {
    db.prepare_cached(
        "SELECT c.secret_id, s.name, c.namespace, c.pod, c.pod_uid, c.started, c.delivered, c.delivered_at,
                c.acknowledged, c.acknowledged_at
         FROM secrets s JOIN consumers c ON c.secret_id = s.id AND c.organization_id = s.organization_id
         WHERE s.vault_id = ?1 AND s.environment = ?2 AND s.trash = x''
         ORDER BY s.name, c.namespace, c.pod, c.pod_uid",
    )?
    .query_map((vault.as_bytes(), environment.as_str()), consumer)?
    .collect()
}

pub(in crate::engine::sqlite) fn pod_consumers(
    db: &Connection,
    organization: OrgId,
    vault: VaultId,
    environment: &EnvName,
    pod_uid: &str,
) -> Result<Vec<Consumer>> {
    db.prepare_cached(
        "SELECT c.secret_id, s.name, c.namespace, c.pod, c.pod_uid, c.started, c.delivered, c.delivered_at,
                c.acknowledged, c.acknowledged_at
         FROM consumers c JOIN secrets s ON s.id = c.secret_id AND s.organization_id = c.organization_id
         WHERE c.organization_id = ?1 AND c.pod_uid = ?2 AND s.vault_id = ?3 AND s.environment = ?4
               AND s.trash = x''
         ORDER BY s.name",
    )?
    .query_map(
        (
            organization.as_bytes(),
            pod_uid,
            vault.as_bytes(),
            environment.as_str(),
        ),
        consumer,
    )?
    .collect()
}

fn consumer(row: &Row<'_>) -> Result<Consumer> {
    Ok(Consumer {
        secret: SecretId::from_bytes(row.get(0)?),
        name: rows::parsed(row, 1)?,
        namespace: row.get(2)?,
        pod: row.get(3)?,
        pod_uid: row.get(4)?,
        started: rows::version(row, 5)?,
        delivered: rows::version(row, 6)?,
        delivered_at: rows::time(row, 7)?,
        acknowledged: rows::optional_version(row, 8)?,
        acknowledged_at: rows::optional_time(row, 9)?,
    })
}
