//! Secrets and their versions. A value is in [`ValueOut`] and its kin alone.

use coffer_domain::{
    address::Version,
    entity::{Secret, VersionMeta},
    id::SecretId,
};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Moment,
    user::{PersonOut, person},
};
use crate::{app::App, keyway::error::Problem};

/// A secret, without its value.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretOut {
    id: String,
    key: String,
    environment: String,
    created_at: Moment,
    updated_at: Moment,
    last_modified_by: Option<PersonOut>,
    /// What was just done to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
}

impl SecretOut {
    /// A secret with who wrote it last.
    pub async fn of(app: &App, secret: &Secret) -> Result<Self, Problem> {
        let writer = app.keyway.cases.last_writer(secret).await?;
        let last_modified_by = match writer {
            Some(writer) => person(app, &writer).await?,
            None => None,
        };
        Ok(Self {
            id: secret.id.to_string(),
            key: secret.name.to_string(),
            environment: secret.environment.to_string(),
            created_at: Moment(secret.created_at),
            updated_at: Moment(secret.updated_at),
            last_modified_by,
            status: None,
        })
    }
}

/// A value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueOut<'a> {
    /// The value.
    pub value: &'a str,
    /// Its first and last characters.
    pub preview: String,
}

/// A value under its name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ViewOut<'a> {
    /// Its name.
    pub key: &'a str,
    /// The value.
    pub value: &'a str,
    /// Where it is.
    pub environment: &'a str,
}

/// The value of a version.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionValueOut<'a> {
    /// The value.
    pub value: &'a str,
    /// The version's number.
    pub version_number: u64,
}

/// The text of a pull.
#[derive(Serialize)]
pub struct ContentOut<'a> {
    /// `KEY=VALUE` lines.
    pub content: &'a str,
}

/// A version, without its value.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionOut {
    id: String,
    version_number: u64,
    created_at: Moment,
    created_by: Option<String>,
    created_by_user: Option<PersonOut>,
}

impl VersionOut {
    /// A version with who wrote it.
    pub async fn of(app: &App, secret: SecretId, meta: &VersionMeta) -> Result<Self, Problem> {
        Ok(Self {
            id: version_id(secret, meta.version),
            version_number: meta.version.get(),
            created_at: Moment(meta.created_at),
            created_by: meta.created_by.strip_prefix("user:").map(str::to_owned),
            created_by_user: person(app, &meta.created_by).await?,
        })
    }
}

/// The id of a version: its secret's, with the number worked into the random part, and marked as a UUID of one's
/// own making (version 8).
pub fn version_id(secret: SecretId, version: Version) -> String {
    let mut bytes = *secret.as_bytes();
    for (byte, number) in bytes[8..].iter_mut().zip(version.get().to_be_bytes()) {
        *byte ^= number;
    }
    uuid::Builder::from_bytes(bytes)
        .with_version(uuid::Version::Custom)
        .into_uuid()
        .to_string()
}

/// A secret in the trash.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrashedOut {
    id: String,
    key: String,
    environment: String,
    deleted_at: Moment,
    expires_at: Moment,
    days_remaining: i64,
}

impl TrashedOut {
    /// A secret in the trash, at `now`.
    pub fn of(secret: &Secret, now: Timestamp) -> Option<Self> {
        const DAY: i64 = 24 * 60 * 60;
        let trashed = secret.trashed?;
        let left = trashed.purge_at.as_second() - now.as_second();
        Some(Self {
            id: secret.id.to_string(),
            key: secret.name.to_string(),
            environment: secret.environment.to_string(),
            deleted_at: Moment(trashed.at),
            expires_at: Moment(trashed.purge_at),
            // A day that has begun counts.
            days_remaining: (left.max(0) + DAY - 1) / DAY,
        })
    }
}
