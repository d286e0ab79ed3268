//! Keys, without their material.

use std::collections::BTreeMap;

use coffer_domain::{
    entity::Secret,
    metadata::{Kind, Metadata},
    secret_value::SecretValue,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Moment, described::Described};
use crate::secryn::{
    items::Item,
    material::{KeyFacts, KeyFile},
};

/// What an expired key or certificate is listed with.
pub const EXPIRED: &str = "Resource expired";

/// A key to be generated, or uploaded with `pem`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct KeyIn {
    /// Its name, unique among the vault's secrets, keys and certificates.
    name: String,
    /// To generate one: `RSA`, `EC` or `Ed25519`.
    key_type: Option<String>,
    /// Of RSA: 2048 (without), 3072 or 4096.
    key_size: Option<u64>,
    /// Of EC: `P-256` (without), `P-384` or `P-521`.
    key_curve: Option<String>,
    /// `pem` (without), `ssh` or `both`.
    output_format: Option<String>,
    /// To upload one: the file, kept byte for byte.
    pem: Option<String>,
    /// Before this it cannot be fetched.
    activation_date: Option<Moment>,
    /// From this on it cannot be fetched.
    expiration_date: Option<Moment>,
    /// For finding it.
    tags: Option<Vec<String>>,
    /// Whether a token for this key alone is made.
    public: Option<bool>,
}

/// What can change of a key or certificate.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct Switches {
    /// A disabled one looks as if it were not there.
    enabled: Option<bool>,
    /// Turning it on makes a token for this one thing; turning it off ends that token.
    public: Option<bool>,
}

/// A key.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyOut {
    id: String,
    name: String,
    /// `generated` or `uploaded`.
    r#type: String,
    /// `RSA`, `EC` or `Ed25519`.
    key_type: Option<String>,
    key_size: Option<u32>,
    key_curve: Option<String>,
    /// `pem`, `ssh` or `both`.
    output_format: Option<String>,
    activation_date: Option<Moment>,
    expiration_date: Option<Moment>,
    tags: Vec<String>,
    enabled: bool,
    public: bool,
    created_at: Moment,
    /// Of an expired one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<&'static str>,
}

/// The attributes that this door keeps.
pub mod attribute {
    /// `generated` or `uploaded`.
    pub const ORIGIN: &str = "origin";
    /// `RSA`, `EC` or `Ed25519`.
    pub const KEY_TYPE: &str = "keyType";
    /// In bits.
    pub const KEY_SIZE: &str = "keySize";
    /// Of EC.
    pub const KEY_CURVE: &str = "keyCurve";
    /// `pem`, `ssh` or `both`.
    pub const FORMAT: &str = "format";
    /// Of a certificate's subject.
    pub const COMMON_NAME: &str = "commonName";
    /// An origin: made here.
    pub const GENERATED: &str = "generated";
    /// An origin: sent by a client.
    pub const UPLOADED: &str = "uploaded";
}

impl Item for KeyOut {
    const KIND: Kind = Kind::Key;

    fn of(secret: &Secret, public: bool, now: Timestamp) -> Self {
        let metadata = secret.described();
        let expired = metadata.expires_at.is_some_and(|end| end <= now);
        let attribute = |name: &str| metadata.attributes.get(name).cloned();
        Self {
            id: secret.id.to_string(),
            name: secret.name.to_string(),
            r#type: attribute(attribute::ORIGIN).unwrap_or_else(|| attribute::UPLOADED.to_owned()),
            key_type: attribute(attribute::KEY_TYPE),
            key_size: attribute(attribute::KEY_SIZE).and_then(|size| size.parse().ok()),
            key_curve: attribute(attribute::KEY_CURVE),
            output_format: attribute(attribute::FORMAT),
            activation_date: metadata.not_before.map(Moment),
            expiration_date: metadata.expires_at.map(Moment),
            enabled: metadata.enabled,
            public,
            tags: metadata.tags,
            created_at: Moment(secret.created_at),
            message: expired.then_some(EXPIRED),
        }
    }
}

/// What is kept beside a key's file.
pub fn metadata(facts: &KeyFacts, origin: &str, described: &Described) -> Metadata {
    let mut attributes = BTreeMap::from([
        (attribute::ORIGIN.to_owned(), origin.to_owned()),
        (attribute::KEY_TYPE.to_owned(), facts.kind.to_owned()),
        (attribute::FORMAT.to_owned(), facts.format.to_owned()),
    ]);
    attributes.extend(
        facts
            .size
            .map(|size| (attribute::KEY_SIZE.to_owned(), size.to_string())),
    );
    attributes.extend(
        facts
            .curve
            .map(|curve| (attribute::KEY_CURVE.to_owned(), curve.to_owned())),
    );
    described.over(Metadata {
        kind: Kind::Key,
        immutable: true,
        attributes,
        ..Metadata::default()
    })
}

/// A key's file and what is kept beside it.
pub fn kept(made: KeyFile, origin: &str, described: &Described) -> (SecretValue, Metadata) {
    let metadata = metadata(&made.facts, origin, described);
    (made.file, metadata)
}

/// A key or certificate that is over, as a vault's view lists it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExpiredOut {
    id: String,
    message: &'static str,
}

impl From<&Secret> for ExpiredOut {
    fn from(secret: &Secret) -> Self {
        Self {
            id: secret.id.to_string(),
            message: EXPIRED,
        }
    }
}
