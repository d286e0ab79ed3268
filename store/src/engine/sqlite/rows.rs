//! Columns to the domain's types and back. A column that does not parse is an error that names it.

use std::{error::Error, str::FromStr};

use coffer_domain::{
    address::Version,
    api_key::TokenDigest,
    entity::{ApiKey, Organization, PreviousToken, Secret, Trashed, Usage, Vault, VersionMeta, VersionState},
    id::{ApiKeyId, OrgId, SecretId, VaultId},
};
use jiff::Timestamp;
use rusqlite::{Result, Row, types::Type};
use serde::{Serialize, de::DeserializeOwned};

fn bad(column: usize, why: impl Into<Box<dyn Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Null, why.into())
}

/// A name.
pub(super) fn parsed<T: FromStr<Err: Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> Result<T> {
    row.get_ref(column)?
        .as_str()?
        .parse()
        .map_err(|error: T::Err| bad(column, error))
}

/// A name, or nothing.
fn optional_parsed<T: FromStr<Err: Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> Result<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    text.map(str::parse)
        .transpose()
        .map_err(|error: T::Err| bad(column, error))
}

/// JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| bad(column, error))
}

/// JSON, or nothing.
pub(super) fn optional_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    text.map(serde_json::from_str)
        .transpose()
        .map_err(|error| bad(column, error))
}

/// A time.
pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?).map_err(|error| bad(column, error))
}

/// A time, or nothing.
pub(super) fn optional_time(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    let micros: Option<i64> = row.get(column)?;
    micros
        .map(Timestamp::from_microsecond)
        .transpose()
        .map_err(|error| bad(column, error))
}

/// A count, revision or sequence number.
pub(super) fn number(row: &Row<'_>, column: usize) -> Result<u64> {
    row.get::<_, i64>(column)?
        .try_into()
        .map_err(|error| bad(column, Box::new(error)))
}

/// A version number.
pub(super) fn version(row: &Row<'_>, column: usize) -> Result<Version> {
    Version::new(number(row, column)?).ok_or_else(|| bad(column, "version 0"))
}

/// A version number, or nothing.
pub(super) fn optional_version(row: &Row<'_>, column: usize) -> Result<Option<Version>> {
    if row.get_ref(column)? == rusqlite::types::ValueRef::Null {
        Ok(None)
    } else {
        version(row, column).map(Some)
    }
}

/// To a column: SQLite's integers have a sign, and no number of ours comes near 2^63.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// To a column of JSON.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// To a column of JSON, or nothing.
pub(super) fn to_optional_json<T: Serialize>(value: Option<&T>) -> Result<Option<String>> {
    value.map(to_json).transpose()
}

/// The word for a state.
pub(super) fn state_word(state: VersionState) -> &'static str {
    match state {
        VersionState::Live => "live",
        VersionState::Deleted => "deleted",
        VersionState::Destroyed => "destroyed",
    }
}

fn state(row: &Row<'_>, column: usize) -> Result<VersionState> {
    match row.get_ref(column)?.as_str()? {
        "live" => Ok(VersionState::Live),
        "deleted" => Ok(VersionState::Deleted),
        "destroyed" => Ok(VersionState::Destroyed),
        _ => Err(bad(column, "not a state")),
    }
}

/// `id, name, created_at, label, account_id`, from column `at`.
pub(super) fn organization(row: &Row<'_>, at: usize) -> Result<Organization> {
    Ok(Organization {
        id: OrgId::from_bytes(row.get(at)?),
        name: parsed(row, at + 1)?,
        created_at: time(row, at + 2)?,
        label: optional_parsed(row, at + 3)?,
        account: row.get::<_, Option<[u8; 16]>>(at + 4)?.map(OrgId::from_bytes),
    })
}

/// `id, organization_id, name, environments, access, owner, created_at, revision, environment_types, restricted`.
pub(super) fn vault(row: &Row<'_>) -> Result<Vault> {
    Ok(Vault {
        id: VaultId::from_bytes(row.get(0)?),
        organization: OrgId::from_bytes(row.get(1)?),
        name: parsed(row, 2)?,
        environments: json(row, 3)?,
        access: json(row, 4)?,
        owner: optional_json(row, 5)?,
        created_at: time(row, 6)?,
        revision: number(row, 7)?,
        environment_types: json(row, 8)?,
        restricted: row.get(9)?,
    })
}

/// `id, vault_id, environment, name, current_version, latest_version, generator, owner, created_at,
/// updated_at, revision, metadata, trashed_at, purge_at`: 14 columns.
pub(super) fn secret(row: &Row<'_>) -> Result<Secret> {
    Ok(Secret {
        id: SecretId::from_bytes(row.get(0)?),
        vault: VaultId::from_bytes(row.get(1)?),
        environment: parsed(row, 2)?,
        name: parsed(row, 3)?,
        current: optional_version(row, 4)?,
        latest: version(row, 5)?,
        generator: optional_json(row, 6)?,
        owner: optional_json(row, 7)?,
        created_at: time(row, 8)?,
        updated_at: time(row, 9)?,
        revision: number(row, 10)?,
        metadata: optional_json(row, 11)?,
        trashed: trashed(row, 12)?,
    })
}

fn trashed(row: &Row<'_>, column: usize) -> Result<Option<Trashed>> {
    optional_time(row, column)?
        .map(|at| {
            let purge_at = time(row, column + 1)?;
            Ok(Trashed { at, purge_at })
        })
        .transpose()
}

/// `version, state, created_at, created_by, ended_at, env_file_unfit`, from column `at`.
pub(super) fn version_meta(row: &Row<'_>, at: usize) -> Result<VersionMeta> {
    Ok(VersionMeta {
        version: version(row, at)?,
        state: state(row, at + 1)?,
        created_at: time(row, at + 2)?,
        created_by: row.get(at + 3)?,
        ended_at: optional_time(row, at + 4)?,
        env_file_unfit: row.get(at + 5)?,
    })
}

/// `id, organization_id, name, digest, previous_digest, previous_valid_until, grants, owner, created_at,
/// rotated_at, expires_at, revoked_at, revision, details, use_count, last_used_at`.
pub(super) fn api_key(row: &Row<'_>) -> Result<ApiKey> {
    let previous: Option<[u8; 32]> = row.get(4)?;
    let previous = previous
        .map(|digest| {
            time(row, 5).map(|until| PreviousToken {
                digest: TokenDigest(digest),
                valid_until: until,
            })
        })
        .transpose()?;
    Ok(ApiKey {
        id: ApiKeyId::from_bytes(row.get(0)?),
        organization: OrgId::from_bytes(row.get(1)?),
        name: parsed(row, 2)?,
        digest: TokenDigest(row.get(3)?),
        previous,
        grants: json(row, 6)?,
        owner: optional_json(row, 7)?,
        created_at: time(row, 8)?,
        rotated_at: time(row, 9)?,
        expires_at: optional_time(row, 10)?,
        revoked_at: optional_time(row, 11)?,
        revision: number(row, 12)?,
        details: json(row, 13)?,
        usage: Usage {
            count: number(row, 14)?,
            last: optional_time(row, 15)?,
        },
    })
}
