//! Secrets.

use coffer_domain::{
    Error,
    entity::{Secret, VersionMeta},
    metadata::{MAX_DOCUMENT, Metadata, RotationPolicy},
    secret_value::SecretValue,
    usecase::secrets::Read,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Moment, Shown, object};
use crate::{
    http::{
        fields::{FieldFault, Fields},
        time,
    },
    v_secure::{id, place::Region, span, words},
};

/// The most tags, and the longest.
const MOST_TAGS: usize = 50;
const LONGEST_TAG: usize = 64;

/// A secret to be written.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct SecretIn {
    /// Letters, digits, `.`, `_`, `-`; at most 255.
    name: String,
    /// 1 to 65,536 bytes.
    value: String,
    /// At most 50, each of 1 to 64 characters without a comma.
    tags: Option<Vec<String>>,
    /// A JSON object of at most 16 KiB.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Such as `90d`.
    expires_in: Option<String>,
    /// A time in the future; not beside `expiresIn`.
    expires_at: Option<String>,
    /// `enabled`, `period`, `notifyBefore`: kept and shown.
    #[schema(value_type = Option<Object>)]
    rotation_policy: Option<RotationPolicy>,
}

/// A secret to be changed: any of these, at least one.
#[derive(Debug, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct SecretPatch {
    value: Option<String>,
    tags: Option<Vec<String>>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    expires_in: Option<String>,
    expires_at: Option<String>,
    #[schema(value_type = Option<Object>)]
    rotation_policy: Option<RotationPolicy>,
}

/// What a body says of a secret besides its name and value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Described {
    /// Its tags.
    pub tags: Option<Vec<String>>,
    /// What its owner keeps with it.
    pub document: Option<Map<String, Value>>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// How often its value is meant to change.
    pub rotation: Option<RotationPolicy>,
}

impl Described {
    /// Reads a body.
    pub fn of(fields: &mut Fields, now: Timestamp) -> Result<Self, FieldFault> {
        let tags = fields.texts("tags")?.map(tags).transpose()?;
        let document = object(fields, "metadata")?;
        let size = document
            .as_ref()
            .map_or(0, |it| serde_json::to_vec(it).map_or(0, |bytes| bytes.len()));
        if size > MAX_DOCUMENT {
            return Err(FieldFault::new("metadata", "must not exceed 16 KiB"));
        }
        Ok(Self {
            tags,
            document,
            expires_at: span::end(fields, now)?,
            rotation: rotation(fields)?,
        })
    }

    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is said of a secret after this: what is not mentioned stays, but for an end that has passed.
    pub fn over(&self, before: Metadata, now: Timestamp) -> Result<Metadata, Error> {
        let kept = before.expires_at.filter(|end| now < *end);
        Ok(Metadata {
            tags: self.tags.clone().unwrap_or(before.tags),
            document: self.document.clone().unwrap_or(before.document),
            expires_at: self.expires_at.or(kept),
            rotation: self.rotation.clone().or(before.rotation),
            ..before
        })
    }
}

fn tags(given: Vec<String>) -> Result<Vec<String>, FieldFault> {
    let good = |tag: &String| {
        (1..=LONGEST_TAG).contains(&tag.chars().count())
            && !tag.contains(',')
            && !tag.chars().any(char::is_control)
    };
    if !given.iter().all(good) {
        return Err(FieldFault::new(
            "tags",
            "must each have 1 to 64 characters, none of them a comma",
        ));
    }
    let mut kept: Vec<String> = Vec::new();
    for tag in given {
        if !kept.contains(&tag) {
            kept.push(tag);
        }
    }
    if kept.len() > MOST_TAGS {
        return Err(FieldFault::new("tags", "must not be more than 50"));
    }
    Ok(kept)
}

fn rotation(fields: &mut Fields) -> Result<Option<RotationPolicy>, FieldFault> {
    let wrong = |reason: &str| FieldFault::new("rotationPolicy", reason);
    let Some(policy) = object(fields, "rotationPolicy")? else {
        return Ok(None);
    };
    let mut policy = Fields::of(Value::Object(policy))?;
    let length = |fields: &mut Fields, name| {
        let found = span::field(fields, name);
        found
            .map(|found| found.map(|(text, _)| text))
            .map_err(|_| wrong("must have lengths of time such as 90d"))
    };
    Ok(Some(RotationPolicy {
        enabled: policy
            .flag("enabled")
            .map_err(|_| wrong("must have true or false in enabled"))?
            .unwrap_or(true),
        period: length(&mut policy, "period")?,
        notify_before: length(&mut policy, "notifyBefore")?,
    }))
}

/// A secret without its value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretAbout {
    /// `sec_` and more.
    id: String,
    name: String,
    /// Rises by one with each write.
    version: u64,
    tags: Vec<String>,
    /// Left out on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    metadata: Option<Map<String, Value>>,
    expires_at: Option<Moment>,
    #[schema(value_type = Option<Object>)]
    rotation_policy: Option<RotationPolicy>,
    created_at: Moment,
    updated_at: Moment,
    region: &'static str,
}

impl SecretAbout {
    /// Of a secret; `None` if its environment is no region's.
    pub fn of(secret: &Secret) -> Self {
        let said = secret.described();
        let region = Region::of_environment(&secret.environment).unwrap_or(Region::ALL[0]);
        Self {
            id: id::of(id::SECRET, secret.id),
            name: secret.name.to_string(),
            version: secret.current.unwrap_or(secret.latest).get(),
            tags: said.tags,
            metadata: Some(said.document),
            expires_at: said.expires_at.map(Moment),
            rotation_policy: said.rotation,
            created_at: Moment(secret.created_at),
            updated_at: Moment(secret.updated_at),
            region: region.as_str(),
        }
    }

    /// Without what its owner keeps with it.
    #[must_use]
    pub fn without_metadata(self) -> Self {
        Self {
            metadata: None,
            ..self
        }
    }
}

/// A secret with its value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretOut {
    #[serde(flatten)]
    about: SecretAbout,
    /// Its value; not there for who wrote part of a secret and may not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    value: Option<Shown>,
    /// `base64` where the value is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    encoding: Option<&'static str>,
    /// When it was read: now, or not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Moment>)]
    accessed_at: Option<Value>,
    /// The version before a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    previous_version: Option<u64>,
}

impl SecretOut {
    /// As it was written. Of a new one it is known that nobody has read it.
    pub fn written(secret: &Secret, value: Option<SecretValue>, previous: Option<u64>, new: bool) -> Self {
        let value = value.map(Shown::new);
        Self {
            about: SecretAbout::of(secret),
            encoding: value.as_ref().and_then(Shown::encoding),
            value,
            accessed_at: new.then_some(Value::Null),
            previous_version: previous,
        }
    }

    /// As it was read.
    pub fn read(read: Read, now: Timestamp) -> Self {
        let value = Shown::new(read.value);
        let about = SecretAbout {
            version: read.meta.version.get(),
            ..SecretAbout::of(&read.secret)
        };
        Self {
            about,
            encoding: value.encoding(),
            value: Some(value),
            accessed_at: Some(Value::from(time::seconds(now))),
            previous_version: None,
        }
    }

    /// Without what its owner keeps with it.
    #[must_use]
    pub fn without_metadata(self) -> Self {
        Self {
            about: self.about.without_metadata(),
            ..self
        }
    }
}

/// A secret that is gone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretGone {
    /// True.
    pub deleted: bool,
    /// Its name.
    pub name: String,
    /// How many versions it had.
    pub deleted_versions: u64,
    /// When.
    pub deleted_at: Moment,
}

/// A secret's versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionsOut {
    /// The secret's name.
    pub name: String,
    /// Newest first.
    pub versions: Vec<VersionOut>,
}

/// One version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionOut {
    version: u64,
    created_at: Moment,
    /// `key_…` or `user_…`.
    created_by: String,
}

impl From<VersionMeta> for VersionOut {
    fn from(meta: VersionMeta) -> Self {
        Self {
            version: meta.version.get(),
            created_at: Moment(meta.created_at),
            created_by: words::actor_id(&meta.created_by),
        }
    }
}
