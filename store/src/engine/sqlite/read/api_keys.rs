//! API keys.

use coffer_domain::{
    api_key::TokenDigest,
    entity::ApiKey,
    id::{ApiKeyId, OrgId},
};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::engine::sqlite::rows;

pub(in crate::engine::sqlite) fn by_digest(db: &Connection, digest: &TokenDigest) -> Result<Option<ApiKey>> {
    db.prepare_cached(
        "SELECT id, organization_id, name, digest, previous_digest, previous_valid_until, grants, owner, created_at,
                rotated_at, expires_at, revoked_at, revision, details, use_count, last_used_at
         FROM api_keys WHERE digest = ?1 OR previous_digest = ?1",
    )?
    .query_row([&digest.0], rows::api_key)
    .optional()
}

pub(in crate::engine::sqlite) fn by_id(db: &Connection, id: ApiKeyId) -> Result<Option<ApiKey>> {
    db.prepare_cached(
        "SELECT id, organization_id, name, digest, previous_digest, previous_valid_until, grants, owner, created_at,
                rotated_at, expires_at, revoked_at, revision, details, use_count, last_used_at
         FROM api_keys WHERE id = ?1",
    )?
    .query_row([id.as_bytes()], rows::api_key)
    .optional()
}

pub(in crate::engine::sqlite) fn of_organization(
    db: &Connection,
    organization: OrgId,
    after: Option<ApiKeyId>,
    limit: u32,
) -> Result<Vec<ApiKey>> {
    // Every id comes after the empty blob.
    let after = after.as_ref().map_or(&[][..], |id| &id.as_bytes()[..]);
    db.prepare_cached(
        "SELECT id, organization_id, name, digest, previous_digest, previous_valid_until, grants, owner, created_at,
                rotated_at, expires_at, revoked_at, revision, details, use_count, last_used_at
         FROM api_keys WHERE organization_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    )?
    .query_map((organization.as_bytes(), after, limit), rows::api_key)?
    .collect()
}
