//! Secrets and their versions.

use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_domain::{
    Error,
    address::Version,
    entity::{Secret, VersionMeta, VersionState},
    envfile,
    secret_value::SecretValue,
    usecase::secrets::{Read, Which, Written},
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::OwnerOut;

/// A value to be written: exactly one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ValueIn {
    /// A text.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<String>, nullable = false)]
    value: Option<SecretValue>,
    /// Any bytes, as base64.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<String>, nullable = false, format = Byte)]
    value_base64: Option<SecretValue>,
}

/// A secret value that is a text.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretValue>, D::Error> {
    String::deserialize(deserializer).map(|text| Some(SecretValue::from(text)))
}

impl ValueIn {
    /// The value's bytes.
    pub fn into_value(self) -> Result<SecretValue, Error> {
        match (self.value, self.value_base64) {
            (Some(value), None) => Ok(value),
            (None, Some(encoded)) => {
                let bytes = BASE64_STANDARD.decode(encoded.reveal());
                bytes
                    .map(SecretValue::new)
                    .map_err(|_| Error::invalid("valueBase64", "must be base64 with padding"))
            }
            (None, None) => Err(Error::invalid(
                "value",
                "is missing; send value, or valueBase64 for bytes",
            )),
            (Some(_), Some(_)) => Err(Error::invalid("value", "send value or valueBase64, not both")),
        }
    }
}

/// A value as read. It has no `Debug`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretOut<'a> {
    /// The secret's name.
    name: &'a str,
    /// The value, if it is UTF-8 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<&'a str>,
    /// The value as base64, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = Byte)]
    value_base64: Option<Base64<'a>>,
    /// Which version this is.
    version: u64,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// By whom.
    created_by: &'a str,
}

/// Bytes, written as base64.
struct Base64<'a>(&'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64_STANDARD.encode(self.0)))
    }
}

impl<'a> SecretOut<'a> {
    /// Shows what was read: the one place of this door where a value leaves it.
    pub fn of(read: &'a Read) -> Self {
        let bytes = read.value.reveal();
        let value = std::str::from_utf8(bytes).ok();
        Self {
            name: read.secret.name.as_str(),
            value,
            value_base64: value.is_none().then_some(Base64(bytes)),
            version: read.meta.version.get(),
            created_at: read.meta.created_at,
            created_by: &read.meta.created_by,
        }
    }
}

/// What was written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WrittenOut {
    /// The secret's name.
    name: String,
    /// The new version.
    version: u64,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// What to know of this value, such as that an env file cannot carry it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

impl From<Written> for WrittenOut {
    fn from(Written { secret, meta }: Written) -> Self {
        let warning = meta.env_file_unfit.map(|why| {
            format!(
                "an env file cannot carry this value: {why}. For a pod, {}",
                envfile::WAYS_OUT
            )
        });
        Self {
            name: secret.name.into(),
            version: meta.version.get(),
            created_at: meta.created_at,
            warnings: warning.into_iter().collect(),
        }
    }
}

/// A secret without its value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretSummary {
    /// Its name.
    name: String,
    /// The current version; null when that was deleted or destroyed.
    current: Option<u64>,
    /// The highest version number ever given.
    latest: u64,
    /// Whether Coffer makes its values, so that it can be rotated.
    generated: bool,
    /// The object that manages it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    owner: Option<OwnerOut>,
    /// When its first version was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its newest version was written.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Secret> for SecretSummary {
    fn from(secret: Secret) -> Self {
        Self {
            name: secret.name.into(),
            current: secret.current.map(Version::get),
            latest: secret.latest.get(),
            generated: secret.generator.is_some(),
            owner: secret.owner.map(OwnerOut::from),
            created_at: secret.created_at,
            updated_at: secret.updated_at,
        }
    }
}

/// Where a version is in its life.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StateOut {
    /// What readers get.
    Current,
    /// Readable by its number.
    Superseded,
    /// Not readable until it is undeleted.
    Deleted,
    /// Gone for ever.
    Destroyed,
}

/// One version, without its value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionOut {
    /// Its number.
    version: u64,
    /// Where it is in its life.
    state: StateOut,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// By whom.
    created_by: String,
    /// When it was deleted or destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Why an env file cannot carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    env_file_unfit: Option<String>,
}

impl VersionOut {
    /// One version of a secret whose current one is `current`.
    pub fn of(meta: VersionMeta, current: Option<Version>) -> Self {
        let state = match meta.state {
            VersionState::Live if current == Some(meta.version) => StateOut::Current,
            VersionState::Live => StateOut::Superseded,
            VersionState::Deleted => StateOut::Deleted,
            VersionState::Destroyed => StateOut::Destroyed,
        };
        Self {
            version: meta.version.get(),
            state,
            created_at: meta.created_at,
            created_by: meta.created_by,
            ended_at: meta.ended_at,
            env_file_unfit: meta.env_file_unfit,
        }
    }
}

/// Which versions to undelete or destroy.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionsIn {
    /// These.
    #[serde(default)]
    versions: Vec<u64>,
    /// Every one.
    #[serde(default)]
    all: bool,
}

impl VersionsIn {
    /// The versions meant; `None` if the request names none.
    pub fn which(&self) -> Result<Option<Which>, Error> {
        if self.all && !self.versions.is_empty() {
            return Err(Error::invalid("all", "name versions or send all, not both"));
        }
        if self.all {
            return Ok(Some(Which::All));
        }
        let read =
            |&number: &u64| Version::new(number).ok_or_else(|| Error::invalid("versions", "count from 1"));
        let versions: Vec<Version> = self.versions.iter().map(read).collect::<Result<_, _>>()?;
        Ok((!versions.is_empty()).then_some(Which::These(versions)))
    }
}
