//! Certificates, without their files.

use std::collections::BTreeMap;

use coffer_domain::{
    entity::Secret,
    metadata::{Kind, Metadata},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Moment,
    described::Described,
    key::{EXPIRED, attribute},
};
use crate::secryn::{items::Item, material::certificate::CertificateFile};

/// A certificate to be generated (self-signed), or uploaded with `pem`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents a body that is read field by field")]
pub struct CertificateIn {
    /// Its name, unique among the vault's secrets, keys and certificates.
    name: String,
    /// To generate one: the subject's.
    common_name: Option<String>,
    organization: Option<String>,
    organizational_unit: Option<String>,
    /// Two letters.
    country: Option<String>,
    state: Option<String>,
    locality: Option<String>,
    email: Option<String>,
    /// To upload one: the file, kept byte for byte.
    pem: Option<String>,
    /// Before this it cannot be fetched.
    activation_date: Option<Moment>,
    /// When a generated one ends; a year after it begins without.
    expiration_date: Option<Moment>,
    /// For finding it.
    tags: Option<Vec<String>>,
    /// Whether a token for this certificate alone is made.
    public: Option<bool>,
}

/// A certificate.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateOut {
    id: String,
    name: String,
    /// `generated` or `uploaded`.
    r#type: String,
    common_name: Option<String>,
    activation_date: Option<Moment>,
    expires_at: Option<Moment>,
    tags: Vec<String>,
    enabled: bool,
    public: bool,
    created_at: Moment,
    /// Of an expired one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<&'static str>,
}

impl Item for CertificateOut {
    const KIND: Kind = Kind::Certificate;

    fn of(secret: &Secret, public: bool, now: Timestamp) -> Self {
        let metadata = secret.described();
        let expired = metadata.expires_at.is_some_and(|end| end <= now);
        let attribute = |name: &str| metadata.attributes.get(name).cloned();
        Self {
            id: secret.id.to_string(),
            name: secret.name.to_string(),
            r#type: attribute(attribute::ORIGIN).unwrap_or_else(|| attribute::UPLOADED.to_owned()),
            common_name: attribute(attribute::COMMON_NAME),
            activation_date: metadata.not_before.map(Moment),
            expires_at: metadata.expires_at.map(Moment),
            enabled: metadata.enabled,
            public,
            tags: metadata.tags,
            created_at: Moment(secret.created_at),
            message: expired.then_some(EXPIRED),
        }
    }
}

/// What is kept beside a certificate's file: its own end goes before the one that was asked for.
pub fn metadata(made: &CertificateFile, origin: &str, described: &Described) -> Metadata {
    let mut attributes = BTreeMap::from([(attribute::ORIGIN.to_owned(), origin.to_owned())]);
    let name = made.common_name.clone();
    attributes.extend(name.map(|name| (attribute::COMMON_NAME.to_owned(), name)));
    let metadata = described.over(Metadata {
        kind: Kind::Certificate,
        immutable: true,
        attributes,
        ..Metadata::default()
    });
    Metadata {
        expires_at: Some(made.expires_at),
        ..metadata
    }
}
