//! API keys and their grants.

use std::collections::BTreeSet;

use coffer_domain::{
    Error,
    entity::ApiKey,
    name::Label,
    pattern::Pattern,
    rights::{Grant, Permission},
    secret_value::SecretValue,
    usecase::api_keys::{IssuedKey, MAX_GRANTS, NewApiKey},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use utoipa::ToSchema;

use super::OwnerOut;
use crate::http::duration;

/// The longest pattern, in bytes, and the most of them in a grant.
const MAX_PATTERN: usize = 1024;
const MAX_PATTERNS: usize = 256;

/// An API key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApiKeyIn {
    /// A label for people.
    name: String,
    /// What it may do; no more than its maker may.
    grants: Vec<GrantIn>,
    /// When it stops working, as a length of time from now such as `30d`; without, it does not.
    #[serde(default)]
    expires_in: Option<String>,
}

/// Permissions within a part of the organization.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantIn {
    /// Scope names such as `secrets:read`.
    permissions: Vec<String>,
    /// In vaults of this name; `*` stands for any run of characters.
    #[serde(default = "any")]
    vault: String,
    /// In environments of this name.
    #[serde(default = "any")]
    environment: String,
    /// For secrets of these names; one match is enough.
    #[serde(default = "any_name")]
    names: Vec<String>,
}

fn any() -> String {
    "*".to_owned()
}

fn any_name() -> Vec<String> {
    vec![any()]
}

impl ApiKeyIn {
    /// What the domain is asked for at `now`.
    pub fn into_new(self, now: Timestamp) -> Result<NewApiKey, Error> {
        if self.grants.len() > MAX_GRANTS {
            return Err(Error::invalid(
                "grants",
                format!("a key has at most {MAX_GRANTS}"),
            ));
        }
        let grants = self
            .grants
            .into_iter()
            .enumerate()
            .map(|(at, grant)| grant.read(at));
        let name =
            Label::new(self.name).map_err(|bad| Error::invalid("name", format!("must be {}", bad.rule)))?;
        Ok(NewApiKey {
            expires_at: self.expires_in.map(|text| expiry(&text, now)).transpose()?,
            ..NewApiKey::plain(name, grants.collect::<Result<_, _>>()?)
        })
    }
}

fn expiry(text: &str, now: Timestamp) -> Result<Timestamp, Error> {
    let wrong = || Error::invalid("expiresIn", format!("must be {}", duration::RULE));
    let length = duration::parse(text).ok_or_else(wrong)?;
    let length = SignedDuration::try_from(length).map_err(|_| wrong())?;
    now.checked_add(length).map_err(|_| wrong())
}

impl GrantIn {
    fn read(self, at: usize) -> Result<Grant, Error> {
        let pattern = |field: &str, text: String| {
            if text.is_empty() || text.len() > MAX_PATTERN {
                return Err(Error::invalid(
                    format!("grants[{at}].{field}"),
                    "must be 1 to 1024 bytes",
                ));
            }
            Ok(Pattern::new(text))
        };
        if self.names.len() > MAX_PATTERNS {
            return Err(Error::invalid(
                format!("grants[{at}].names"),
                "holds at most 256 patterns",
            ));
        }
        let names = self.names.into_iter().map(|name| pattern("names", name));
        Ok(Grant {
            permissions: permissions(at, &self.permissions)?,
            vault: pattern("vault", self.vault)?,
            environment: pattern("environment", self.environment)?,
            names: names.collect::<Result<_, _>>()?,
        })
    }
}

fn permissions(at: usize, texts: &[String]) -> Result<BTreeSet<Permission>, Error> {
    let known = || Permission::ALL.map(Permission::as_str).join(", ");
    let wrong = |n| {
        Error::invalid(
            format!("grants[{at}].permissions[{n}]"),
            format!("must be one of {}", known()),
        )
    };
    let read = |(n, text): (usize, &String)| Permission::parse(text).ok_or_else(|| wrong(n));
    texts.iter().enumerate().map(read).collect()
}

/// How to rotate a key.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateIn {
    /// For how long the present token keeps working, such as `1h`; without, it ends at once.
    #[serde(default)]
    overlap: Option<String>,
}

impl RotateIn {
    /// For how long the present token keeps working.
    pub fn overlap(&self) -> Result<std::time::Duration, Error> {
        let wrong = || Error::invalid("overlap", format!("must be {}", duration::RULE));
        self.overlap
            .as_deref()
            .map_or(Ok(std::time::Duration::ZERO), |text| {
                duration::parse(text).ok_or_else(wrong)
            })
    }
}

/// Permissions within a part of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantOut {
    /// Scope names.
    permissions: Vec<&'static str>,
    /// In vaults of this name.
    vault: String,
    /// In environments of this name.
    environment: String,
    /// For secrets of these names.
    names: Vec<String>,
}

impl From<Grant> for GrantOut {
    fn from(grant: Grant) -> Self {
        Self {
            permissions: grant.permissions.into_iter().map(Permission::as_str).collect(),
            vault: grant.vault.as_str().to_owned(),
            environment: grant.environment.as_str().to_owned(),
            names: grant.names.iter().map(|name| name.as_str().to_owned()).collect(),
        }
    }
}

/// An API key, without its token.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyOut {
    /// Its id, stable over rotations.
    id: String,
    /// A label for people.
    name: String,
    /// What it may do.
    grants: Vec<GrantOut>,
    /// The object that manages it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    owner: Option<OwnerOut>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its present token was made.
    #[schema(value_type = String, format = DateTime)]
    rotated_at: Timestamp,
    /// Until when the token before the last rotation works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = DateTime)]
    previous_until: Option<Timestamp>,
    /// When it stops working.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyOut {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.into(),
            grants: key.grants.into_iter().map(GrantOut::from).collect(),
            owner: key.owner.map(OwnerOut::from),
            created_at: key.created_at,
            rotated_at: key.rotated_at,
            previous_until: key.previous.map(|previous| previous.valid_until),
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A key with its token, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedKeyOut {
    /// The key.
    #[serde(flatten)]
    key: ApiKeyOut,
    /// Its token. Coffer keeps only a digest: it cannot be shown again.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String)]
    token: SecretValue,
}

fn shown<S: Serializer>(token: &SecretValue, serializer: S) -> Result<S::Ok, S::Error> {
    let text = std::str::from_utf8(token.reveal()).map_err(|_| S::Error::custom("a token is text"))?;
    serializer.serialize_str(text)
}

impl From<IssuedKey> for IssuedKeyOut {
    fn from(issued: IssuedKey) -> Self {
        Self {
            key: issued.key.into(),
            token: issued.token.secret().clone(),
        }
    }
}
