//! Request bodies: JSON objects, whatever their `Content-Type`; members that nobody asks for do not count.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::HeaderMap,
};
use coffer_domain::{
    address::Version,
    canonical_uri::{CanonicalUri, Reading, UriFault},
    secret_json::SecretJson,
};
use serde_json::{Map, Value};

use crate::{app::App, canonical::error::Failure, http::body};

const MOST_VERSIONS: usize = 100;
const LONGEST_OWNER: usize = 512;

/// A body that is read once the sender's rights are known.
pub struct Unread {
    headers: HeaderMap,
    body: Body,
}

impl FromRequest<Arc<App>> for Unread {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        Ok(Self {
            headers: parts.headers,
            body,
        })
    }
}

impl Unread {
    /// Its members.
    pub async fn read(self) -> Result<Members, Failure> {
        Members::of(body::tree(&self.headers, self.body).await?)
    }
}

/// The members of an object.
pub struct Members(Map<String, Value>);

impl Members {
    /// Of a body, or of a part of one.
    pub fn of(value: Value) -> Result<Self, Failure> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(Failure::invalid("body", "must be a JSON object")),
        }
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Result<String, Failure> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Ok(text),
            None | Some(Value::Null) => Err(Failure::invalid(name, "is missing")),
            Some(_) => Err(Failure::invalid(name, "must be a string")),
        }
    }

    /// A URI.
    pub fn uri(&mut self, name: &str, reading: Reading) -> Result<CanonicalUri, Failure> {
        Ok(CanonicalUri::parse(&self.text(name)?, reading)?)
    }

    /// A value.
    pub fn value(&mut self) -> Result<SecretJson, Failure> {
        let value = self.0.remove("value").filter(|value| !value.is_null());
        value
            .map(SecretJson::new)
            .ok_or_else(|| Failure::invalid("value", "is missing"))
    }

    /// A switch.
    pub fn flag(&mut self, name: &str, usual: bool) -> Result<bool, Failure> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(usual),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(Failure::invalid(name, "must be true or false")),
        }
    }

    /// Whether a member is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// A list.
    pub fn list(&mut self, name: &str) -> Result<Vec<Value>, Failure> {
        match self.0.remove(name) {
            Some(Value::Array(items)) => Ok(items),
            None | Some(Value::Null) => Err(Failure::invalid(name, "is missing")),
            Some(_) => Err(Failure::invalid(name, "must be an array")),
        }
    }

    /// Version numbers, each once, in the order in which they come.
    pub fn versions(&mut self) -> Result<Vec<Version>, Failure> {
        let items = self.list("versions")?;
        if items.is_empty() || items.len() > MOST_VERSIONS {
            let message = format!("versions must name 1 to {MOST_VERSIONS} versions");
            return Err(Failure::new(400, "INVALID_VERSION", message));
        }
        let mut versions = Vec::with_capacity(items.len());
        for item in items {
            let version = number(&item)
                .and_then(Version::new)
                .ok_or(UriFault::InvalidVersion)?;
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        Ok(versions)
    }

    /// An owner's name.
    pub fn owner(&mut self) -> Result<String, Failure> {
        let owner = self.text("owner")?;
        let length = owner.chars().count();
        if !(1..=LONGEST_OWNER).contains(&length) || owner.chars().any(char::is_control) {
            return Err(Failure::new(
                400,
                "INVALID_PAYLOAD",
                "owner must be 1 to 512 printable characters",
            ));
        }
        Ok(owner)
    }
}

/// A whole number, perhaps as text.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        other => other.as_u64(),
    }
}
