//! One row at a time. Every statement names the tenant of the commit: none can touch another's rows.

use coffer_domain::{
    address::Version,
    change::ChangeDraft,
    entity::{Consumer, VersionMeta, VersionState},
    id::{OrgId, SecretId, VaultId},
    name::EnvName,
};
use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::{keys, mutable, one, records};
use crate::engine::{SealedWrite, sqlite::rows};

/// Writes it, for the tenant `organization`.
pub(in crate::engine::sqlite) fn write(
    db: &Connection,
    organization: OrgId,
    write: &SealedWrite,
) -> Result<()> {
    match write {
        SealedWrite::Organization(new) => mutable::new_organization(db, new),
        SealedWrite::AmendOrganization(changed) => mutable::organization(db, organization, changed),
        SealedWrite::Vault(vault, key) => {
            mutable::vault(db, organization, vault)?;
            key.as_ref()
                .map_or(Ok(()), |key| keys::insert(db, organization, key))
        }
        SealedWrite::DropVault(vault) => drop_vault(db, organization, *vault),
        SealedWrite::Secret(secret) => mutable::secret(db, organization, secret),
        SealedWrite::Version { secret, meta, sealed } => {
            insert_version(db, (organization, *secret), meta, sealed)
        }
        SealedWrite::Reseal { secret, versions } => versions
            .iter()
            .try_for_each(|(version, sealed)| reseal(db, (organization, *secret), *version, sealed)),
        SealedWrite::DropSecret(secret) => drop_secret(db, organization, *secret),
        SealedWrite::DropSecretsOf(vault, environment) => {
            drop_secrets_of(db, organization, *vault, environment)
        }
        SealedWrite::VersionState {
            secret,
            version,
            state,
            at,
        } => {
            let ended = (*state != VersionState::Live).then(|| at.as_microsecond());
            let version = rows::integer(version.get());
            move_version(db, (organization, *secret), version, *state, ended)
        }
        SealedWrite::ApiKey(key) => mutable::api_key(db, organization, key),
        SealedWrite::Consumer(line) => put_consumer(db, organization, line),
        SealedWrite::ForgetPod(uid) => forget_pod(db, organization, uid),
        SealedWrite::Record(record) => records::put(db, organization, record),
        SealedWrite::DropRecord(collection, key) => records::drop(db, organization, *collection, key),
    }
}

/// With its keys, secrets, versions and consumers, which reference it, and its records.
fn drop_vault(db: &Connection, organization: OrgId, vault: VaultId) -> Result<()> {
    records::drop_of(db, organization, &vault.to_string())?;
    db.prepare_cached("DELETE FROM vaults WHERE id = ?1 AND organization_id = ?2")?
        .execute((vault.as_bytes(), organization.as_bytes()))
        .and_then(one)
}

/// The same value for another environment. What was destroyed stays so.
fn reseal(
    db: &Connection,
    (organization, secret): (OrgId, SecretId),
    version: Version,
    sealed: &[u8],
) -> Result<()> {
    db.prepare_cached(
        "UPDATE versions SET sealed = ?4
         WHERE secret_id = ?1 AND version = ?2 AND organization_id = ?3 AND sealed IS NOT NULL",
    )?
    .execute((
        secret.as_bytes(),
        rows::integer(version.get()),
        organization.as_bytes(),
        sealed,
    ))
    .and_then(one)
}

/// With its versions and consumers: they reference it.
fn drop_secret(db: &Connection, organization: OrgId, secret: SecretId) -> Result<()> {
    db.prepare_cached("DELETE FROM secrets WHERE id = ?1 AND organization_id = ?2")?
        .execute((secret.as_bytes(), organization.as_bytes()))
        .and_then(one)
}

fn drop_secrets_of(
    db: &Connection,
    organization: OrgId,
    vault: VaultId,
    environment: &EnvName,
) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM secrets WHERE vault_id = ?1 AND environment = ?2 AND organization_id = ?3",
    )?
    .execute((vault.as_bytes(), environment.as_str(), organization.as_bytes()))
    .map(|_| ())
}

fn insert_version(
    db: &Connection,
    (organization, secret): (OrgId, SecretId),
    meta: &VersionMeta,
    sealed: &[u8],
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO versions (secret_id, version, organization_id, state, created_at, created_by, ended_at,
                               env_file_unfit, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        secret.as_bytes(),
        rows::integer(meta.version.get()),
        organization.as_bytes(),
        rows::state_word(meta.state),
        meta.created_at.as_microsecond(),
        &meta.created_by,
        meta.ended_at.map(Timestamp::as_microsecond),
        &meta.env_file_unfit,
        sealed,
    ))
    .and_then(one)
}

/// From `destroyed` there is no way back.
fn move_version(
    db: &Connection,
    (organization, secret): (OrgId, SecretId),
    version: i64,
    state: VersionState,
    ended: Option<i64>,
) -> Result<()> {
    let word = rows::state_word(state);
    db.prepare_cached(
        "UPDATE versions
         SET state = ?4, ended_at = ?5, sealed = CASE ?4 WHEN 'destroyed' THEN NULL ELSE sealed END
         WHERE secret_id = ?1 AND version = ?2 AND organization_id = ?3
           AND (state <> 'destroyed' OR ?4 = 'destroyed')",
    )?
    .execute((secret.as_bytes(), version, organization.as_bytes(), word, ended))
    .and_then(one)
}

/// As [`Consumer::risen_to`] says: a line's versions only rise.
fn put_consumer(db: &Connection, organization: OrgId, line: &Consumer) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO consumers (secret_id, pod_uid, organization_id, namespace, pod, started, delivered,
                                delivered_at, acknowledged, acknowledged_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (secret_id, pod_uid) DO UPDATE
         SET namespace = excluded.namespace, pod = excluded.pod,
             started = min(started, excluded.started),
             delivered = max(delivered, excluded.delivered),
             delivered_at = iif(excluded.delivered >= delivered, excluded.delivered_at, delivered_at),
             acknowledged = iif(excluded.acknowledged > ifnull(acknowledged, 0),
                                excluded.acknowledged, acknowledged),
             acknowledged_at = iif(excluded.acknowledged > ifnull(acknowledged, 0),
                                   excluded.acknowledged_at, acknowledged_at)
         WHERE organization_id = excluded.organization_id",
    )?
    .execute((
        line.secret.as_bytes(),
        &line.pod_uid,
        organization.as_bytes(),
        &line.namespace,
        &line.pod,
        rows::integer(line.started.get()),
        rows::integer(line.delivered.get()),
        line.delivered_at.as_microsecond(),
        line.acknowledged.map(|version| rows::integer(version.get())),
        line.acknowledged_at.map(Timestamp::as_microsecond),
    ))
    .and_then(one)
}

fn forget_pod(db: &Connection, organization: OrgId, uid: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM consumers WHERE organization_id = ?1 AND pod_uid = ?2")?
        .execute((organization.as_bytes(), uid))
        .map(|_| ())
}

/// Appends to the change sequence.
pub(in crate::engine::sqlite) fn change(
    db: &Connection,
    organization: OrgId,
    sequence: u64,
    draft: &ChangeDraft,
) -> Result<()> {
    let subject = rows::to_json(&draft.subject)?;
    db.prepare_cached("INSERT INTO changes (sequence, organization_id, subject, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            rows::integer(sequence),
            organization.as_bytes(),
            subject,
            draft.at.as_microsecond(),
        ))
        .and_then(one)
}
