//! Certificates: self-signed ones, made here, and uploaded ones, which are kept byte for byte.

use coffer_domain::{
    port::{KeyAlgorithm, KeyPairs},
    secret_value::SecretValue,
};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use x509_parser::{
    pem::Pem,
    prelude::{FromDer, X509Certificate},
};

use super::{text, unreadable};
use crate::{
    http::fields::{FieldFault, Fields},
    tls::date,
};

/// How long a certificate lasts if the request does not say.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
/// The mail address of a subject (PKCS#9).
const EMAIL: &[u64] = &[1, 2, 840, 113_549, 1, 9, 1];
/// The longest text of a subject, in characters.
const LONGEST: usize = 64;

/// A certificate as a file.
#[derive(Debug)]
pub struct CertificateFile {
    /// PEM.
    pub file: SecretValue,
    /// Its private key, where it was made here.
    pub private: Option<SecretValue>,
    /// The common name of its subject.
    pub common_name: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A certificate to be made.
#[derive(Debug)]
pub struct Wanted {
    common_name: String,
    subject: DistinguishedName,
}

impl Wanted {
    /// What a body asks for with `common_name` and the other parts of a subject.
    pub fn of(fields: &mut Fields) -> Result<Self, FieldFault> {
        let common_name = fields.label("common_name", LONGEST)?;
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CommonName, common_name.as_str());
        for (field, part) in [
            ("organization", DnType::OrganizationName),
            ("organizational_unit", DnType::OrganizationalUnitName),
            ("state", DnType::StateOrProvinceName),
            ("locality", DnType::LocalityName),
            ("email", DnType::from_oid(EMAIL)),
        ] {
            if let Some(text) = optional(fields, field)? {
                subject.push(part, text);
            }
        }
        if let Some(country) = optional(fields, "country")? {
            if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return Err(FieldFault::new("country", "must be two letters (ISO 3166)"));
            }
            subject.push(DnType::CountryName, country.to_ascii_uppercase());
        }
        Ok(Self { common_name, subject })
    }

    /// Makes and signs it, from `from` (or now) until `until` (or a year later).
    pub fn make(
        self,
        pairs: &dyn KeyPairs,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<CertificateFile, String> {
        let pair = pairs
            .generate(KeyAlgorithm::EcdsaP256)
            .map_err(|error| error.to_string())?;
        let private = text(&pair.private).unwrap_or_default();
        let key = KeyPair::from_pem(private).map_err(|error| error.to_string())?;
        let start = from.unwrap_or(now);
        let expires_at = until
            .or_else(|| start.checked_add(YEAR).ok())
            .unwrap_or(Timestamp::MAX);
        let mut params = CertificateParams::default();
        params.distinguished_name = self.subject;
        params.not_before = date(start.min(expires_at));
        params.not_after = date(expires_at);
        let certificate = params.self_signed(&key).map_err(|error| error.to_string())?;
        Ok(CertificateFile {
            file: SecretValue::from(certificate.pem()),
            private: Some(pair.private),
            common_name: Some(self.common_name),
            // A certificate counts whole seconds.
            expires_at: Timestamp::from_second(expires_at.as_second()).unwrap_or(expires_at),
        })
    }
}

fn optional(fields: &mut Fields, name: &str) -> Result<Option<String>, FieldFault> {
    let Some(text) = fields.text(name)? else {
        return Ok(None);
    };
    let text = text.trim();
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        let rule = format!("must not exceed {LONGEST} characters, none of them a control character");
        return Err(FieldFault::new(name, rule));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Reads a certificate that a client sends. Of a chain, the first one counts; a private key may stand beside it.
pub fn uploaded(file: SecretValue) -> Result<CertificateFile, FieldFault> {
    let rule = || unreadable("pem", "must be an X.509 certificate in PEM form");
    let (common_name, expires_at) = text(&file).and_then(facts).ok_or_else(rule)?;
    Ok(CertificateFile {
        file,
        private: None,
        common_name,
        expires_at,
    })
}

fn facts(text: &str) -> Option<(Option<String>, Timestamp)> {
    let blocks = Pem::iter_from_buffer(text.as_bytes()).filter_map(Result::ok);
    let block = blocks.into_iter().find(|block| block.label == "CERTIFICATE")?;
    let (rest, certificate) = X509Certificate::from_der(&block.contents).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let name = certificate.subject().iter_common_name().next();
    let name = name.and_then(|name| name.as_str().ok()).map(str::to_owned);
    let end = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?;
    Some((name, end))
}

#[cfg(test)]
mod tests {
    use coffer_store::SystemKeyPairs;
    use serde_json::json;

    use super::*;

    fn make(body: serde_json::Value, until: Option<&str>) -> CertificateFile {
        let wanted = Wanted::of(&mut Fields::of(body).unwrap()).unwrap();
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let until = until.map(|text| text.parse().unwrap());
        wanted.make(&SystemKeyPairs, None, until, now).unwrap()
    }

    #[test]
    fn what_was_made_reads_back() {
        let body =
            json!({"common_name": "a.example", "organization": "Ä", "country": "de", "email": "a@b.example"});
        let made = make(body, None);
        assert_eq!(made.expires_at.to_string(), "2027-01-01T00:00:00Z");
        let read = uploaded(made.file).unwrap();
        assert_eq!(read.common_name.as_deref(), Some("a.example"));
        assert_eq!(read.expires_at, made.expires_at);
        let private = made.private.unwrap();
        assert!(super::super::key::uploaded(private).is_ok());
    }

    #[test]
    fn one_that_is_over_can_be_made() {
        let made = make(json!({"common_name": "a"}), Some("2020-01-01T00:00:00Z"));
        assert_eq!(uploaded(made.file).unwrap().expires_at, made.expires_at);
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "hunter2",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            assert_eq!(uploaded(SecretValue::from(text)).unwrap_err().field, "pem");
        }
        for (body, field) in [
            (json!({}), "common_name"),
            (json!({"common_name": "a", "country": "Germany"}), "country"),
            (json!({"common_name": "a", "email": 1}), "email"),
            (json!({"common_name": "x".repeat(65)}), "common_name"),
        ] {
            assert_eq!(
                Wanted::of(&mut Fields::of(body).unwrap()).unwrap_err().field,
                field
            );
        }
    }
}
