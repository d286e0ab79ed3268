//! Secrets and their versions.

use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_domain::{
    address::Version,
    entity::{Secret, VersionMeta},
    secret_value::SecretValue,
    usecase::secrets::Read,
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::Moment;

/// What stands for a value that the caller may not see.
const MASK: &str = "********";

/// A secret to be made.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct SecretIn {
    /// Its name: segments of letters, digits, `.`, `_` or `-`, joined by `/`.
    name: String,
    /// Its value.
    value: String,
    /// `text/plain` without.
    content_type: Option<String>,
    /// For finding it.
    tags: Option<Vec<String>>,
    /// For people.
    description: Option<String>,
    /// `true` without.
    enabled: Option<bool>,
    /// Before this it cannot be read.
    activation_date: Option<Moment>,
    /// From this on it cannot be read.
    expiration_date: Option<Moment>,
}

/// What is to change of a secret.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct SecretPatch {
    /// Makes a new version.
    value: Option<String>,
    /// A media type.
    content_type: Option<String>,
    /// For finding it.
    tags: Option<Vec<String>>,
    /// For people.
    description: Option<String>,
    /// A disabled secret looks as if it were not there.
    enabled: Option<bool>,
    /// Before this it cannot be read; null for none.
    activation_date: Option<Moment>,
    /// From this on it cannot be read; null for none.
    expiration_date: Option<Moment>,
}

/// A value, as this door shows it. It has no `Debug`.
pub struct Shown(SecretValue);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0.reveal()) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_str(&Zeroizing::new(BASE64_STANDARD.encode(self.0.reveal()))),
        }
    }
}

/// A secret with its value.
#[derive(Serialize, ToSchema)]
pub struct SecretOut {
    #[serde(flatten)]
    about: SecretAbout,
    /// Its value; masked for who may not see it.
    #[schema(value_type = String)]
    value: Shown,
    /// `base64` where the value is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    encoding: Option<&'static str>,
}

/// A secret without its value.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecretAbout {
    id: String,
    name: String,
    content_type: String,
    tags: Vec<String>,
    description: Option<String>,
    enabled: bool,
    /// The current version's number.
    version: Option<u64>,
    activation_date: Option<Moment>,
    expiration_date: Option<Moment>,
    created_at: Moment,
    updated_at: Moment,
}

/// A secret's id and name alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecretNamed {
    id: String,
    name: String,
}

impl From<&Secret> for SecretAbout {
    fn from(secret: &Secret) -> Self {
        let metadata = secret.described();
        Self {
            id: secret.id.to_string(),
            name: secret.name.to_string(),
            content_type: metadata.content_type.unwrap_or_else(|| "text/plain".to_owned()),
            tags: metadata.tags,
            description: metadata.description,
            enabled: metadata.enabled,
            version: secret.current.map(Version::get),
            activation_date: metadata.not_before.map(Moment),
            expiration_date: metadata.expires_at.map(Moment),
            created_at: Moment(secret.created_at),
            updated_at: Moment(secret.updated_at),
        }
    }
}

impl From<&Secret> for SecretNamed {
    fn from(secret: &Secret) -> Self {
        Self {
            id: secret.id.to_string(),
            name: secret.name.to_string(),
        }
    }
}

impl From<Read> for SecretOut {
    fn from(read: Read) -> Self {
        let text = std::str::from_utf8(read.value.reveal()).is_ok();
        Self {
            about: SecretAbout::from(&read.secret),
            value: Shown(read.value),
            encoding: (!text).then_some("base64"),
        }
    }
}

impl SecretOut {
    /// For who may know of it and not see its value.
    pub fn masked(secret: &Secret) -> Self {
        Self {
            about: SecretAbout::from(secret),
            value: Shown(SecretValue::from(MASK)),
            encoding: None,
        }
    }
}

/// One version.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionOut {
    version: u64,
    created_at: Moment,
    /// By whom.
    created_by: String,
    /// Whether it is what readers get.
    active: bool,
}

impl VersionOut {
    /// One version of a secret whose current one is `current`.
    pub fn of(meta: VersionMeta, current: Option<Version>) -> Self {
        Self {
            version: meta.version.get(),
            created_at: Moment(meta.created_at),
            created_by: meta.created_by,
            active: current == Some(meta.version),
        }
    }
}
