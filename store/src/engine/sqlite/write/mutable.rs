//! The rows that change and keep their id: organizations, vaults, secrets, API keys. New or changed is one statement; what
//! never changes of a row (id, tenant, place, date of birth) is written once.

use coffer_domain::{
    entity::{ApiKey, Organization, Secret, Usage, Vault},
    id::{ApiKeyId, OrgId},
    name::Label,
};
use jiff::Timestamp;
use rusqlite::{Connection, Result, named_params};

use super::one;
use crate::engine::sqlite::rows::{integer, to_json, to_optional_json};

pub(super) fn new_organization(db: &Connection, new: &Organization) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO organizations (id, name, created_at, label, account_id) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        new.id.as_bytes(),
        new.name.as_str(),
        new.created_at.as_microsecond(),
        new.label.as_ref().map(Label::as_str),
        new.account.as_ref().map(OrgId::as_bytes),
    ))
    .and_then(one)
}

pub(super) fn organization(db: &Connection, organization: OrgId, changed: &Organization) -> Result<()> {
    db.prepare_cached("UPDATE organizations SET label = ?2, account_id = ?3 WHERE id = ?1")?
        .execute((
            organization.as_bytes(),
            changed.label.as_ref().map(Label::as_str),
            changed.account.as_ref().map(OrgId::as_bytes),
        ))
        .and_then(one)
}

pub(super) fn vault(db: &Connection, organization: OrgId, vault: &Vault) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO vaults (id, organization_id, name, environments, environment_types, access, restricted, owner,
                             created_at, revision)
         VALUES (:id, :organization, :name, :environments, :environment_types, :access, :restricted, :owner,
                 :created_at, :revision)
         ON CONFLICT (id) DO UPDATE
         SET name = excluded.name, environments = excluded.environments, environment_types = excluded.environment_types,
             access = excluded.access, restricted = excluded.restricted, owner = excluded.owner,
             revision = excluded.revision
         WHERE organization_id = excluded.organization_id",
    )?
    .execute(named_params! {
        ":id": vault.id.as_bytes(),
        ":organization": organization.as_bytes(),
        ":name": vault.name.as_str(),
        ":environments": to_json(&vault.environments)?,
        ":environment_types": to_json(&vault.environment_types)?,
        ":access": to_json(&vault.access)?,
        ":restricted": vault.restricted,
        ":owner": to_optional_json(vault.owner.as_ref())?,
        ":created_at": vault.created_at.as_microsecond(),
        ":revision": integer(vault.revision),
    })
    .and_then(one)
}

/// Adds to how often a key was used. One that is gone was used for nothing.
pub(in crate::engine::sqlite) fn usage(db: &Connection, key: ApiKeyId, usage: Usage) -> Result<()> {
    db.prepare_cached(
        "UPDATE api_keys
         SET use_count = use_count + ?2, last_used_at = max(coalesce(last_used_at, ?3), ?3) WHERE id = ?1",
    )?
    .execute((
        key.as_bytes(),
        integer(usage.count),
        usage.last.map(Timestamp::as_microsecond),
    ))
    .map(|_| ())
}

/// A secret that is known to be there, under the same name, is only changed: an upsert would look for its like in
/// every index first.
pub(super) fn secret(db: &Connection, organization: OrgId, secret: &Secret) -> Result<()> {
    let in_place = secret.revision > 1 && secret.trashed.is_none();
    if in_place && change_secret(db, organization, secret)? == 1 {
        return Ok(());
    }
    put_secret(db, organization, secret)
}

fn change_secret(db: &Connection, organization: OrgId, secret: &Secret) -> Result<usize> {
    db.prepare_cached(
        "UPDATE secrets
         SET current_version = :current, latest_version = :latest, generator = :generator, owner = :owner,
             metadata = :metadata, updated_at = :updated_at, revision = :revision
         WHERE vault_id = :vault AND environment = :environment AND name = :name AND trash = x''
           AND id = :id AND organization_id = :organization",
    )?
    .execute(named_params! {
        ":vault": secret.vault.as_bytes(),
        ":environment": secret.environment.as_str(),
        ":name": secret.name.as_str(),
        ":id": secret.id.as_bytes(),
        ":organization": organization.as_bytes(),
        ":current": secret.current.map(|version| integer(version.get())),
        ":latest": integer(secret.latest.get()),
        ":generator": to_optional_json(secret.generator.as_ref())?,
        ":owner": to_optional_json(secret.owner.as_ref())?,
        ":metadata": to_optional_json(secret.metadata.as_ref())?,
        ":updated_at": secret.updated_at.as_microsecond(),
        ":revision": integer(secret.revision),
    })
}

fn put_secret(db: &Connection, organization: OrgId, secret: &Secret) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO secrets (vault_id, environment, name, trash, id, organization_id, current_version,
                              latest_version, generator, owner, metadata, created_at, updated_at, trashed_at,
                              purge_at, revision)
         VALUES (:vault, :environment, :name, iif(:trashed_at IS NULL, x'', :id), :id, :organization, :current,
                 :latest, :generator, :owner, :metadata, :created_at, :updated_at, :trashed_at, :purge_at, :revision)
         ON CONFLICT (id, organization_id) DO UPDATE
         SET environment = excluded.environment, name = excluded.name, trash = excluded.trash,
             current_version = excluded.current_version, latest_version = excluded.latest_version,
             generator = excluded.generator, owner = excluded.owner, metadata = excluded.metadata,
             updated_at = excluded.updated_at, trashed_at = excluded.trashed_at, purge_at = excluded.purge_at,
             revision = excluded.revision
         WHERE vault_id = excluded.vault_id",
    )?
    .execute(named_params! {
        ":vault": secret.vault.as_bytes(),
        ":environment": secret.environment.as_str(),
        ":name": secret.name.as_str(),
        ":id": secret.id.as_bytes(),
        ":organization": organization.as_bytes(),
        ":current": secret.current.map(|version| integer(version.get())),
        ":latest": integer(secret.latest.get()),
        ":generator": to_optional_json(secret.generator.as_ref())?,
        ":owner": to_optional_json(secret.owner.as_ref())?,
        ":metadata": to_optional_json(secret.metadata.as_ref())?,
        ":created_at": secret.created_at.as_microsecond(),
        ":trashed_at": secret.trashed.map(|trashed| trashed.at.as_microsecond()),
        ":purge_at": secret.trashed.map(|trashed| trashed.purge_at.as_microsecond()),
        ":updated_at": secret.updated_at.as_microsecond(),
        ":revision": integer(secret.revision),
    })
    .and_then(one)
}

pub(super) fn api_key(db: &Connection, organization: OrgId, key: &ApiKey) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO api_keys (id, organization_id, name, digest, previous_digest, previous_valid_until, grants,
                               owner, created_at, rotated_at, expires_at, revoked_at, revision, details)
         VALUES (:id, :organization, :name, :digest, :previous, :previous_until, :grants,
                 :owner, :created_at, :rotated_at, :expires_at, :revoked_at, :revision, :details)
         ON CONFLICT (id) DO UPDATE
         SET name = excluded.name, digest = excluded.digest, previous_digest = excluded.previous_digest,
             previous_valid_until = excluded.previous_valid_until, grants = excluded.grants,
             owner = excluded.owner, rotated_at = excluded.rotated_at, expires_at = excluded.expires_at,
             revoked_at = excluded.revoked_at, revision = excluded.revision, details = excluded.details
         WHERE organization_id = excluded.organization_id",
    )?
    .execute(named_params! {
        ":id": key.id.as_bytes(),
        ":organization": organization.as_bytes(),
        ":name": key.name.as_str(),
        ":digest": key.digest.0,
        ":previous": key.previous.as_ref().map(|previous| previous.digest.0),
        ":previous_until": key.previous.as_ref().map(|previous| previous.valid_until.as_microsecond()),
        ":grants": to_json(&key.grants)?,
        ":owner": to_optional_json(key.owner.as_ref())?,
        ":created_at": key.created_at.as_microsecond(),
        ":rotated_at": key.rotated_at.as_microsecond(),
        ":expires_at": key.expires_at.map(Timestamp::as_microsecond),
        ":revoked_at": key.revoked_at.map(Timestamp::as_microsecond),
        ":revision": integer(key.revision),
        ":details": to_json(&key.details)?,
    })
    .and_then(one)
}
