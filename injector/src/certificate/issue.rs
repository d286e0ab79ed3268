//! Makes certificates and reads their dates. P-256 throughout: every TLS client of Go's and Rust's takes it.

use coffer_domain::secret_value::SecretValue;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

/// How long an authority lives.
pub const AUTHORITY_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);
/// How long what it signs lives.
pub const LEAF_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Certificates start a little in the past, for clocks that are behind.
const BACKDATE: SignedDuration = SignedDuration::from_mins(5);

/// A certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// PEM.
    pub certificate: String,
    /// PKCS#8, PEM.
    pub key: SecretValue,
}

/// What of a certificate decisions rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// The host names it is for.
    pub names: Vec<String>,
}

/// Why a certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificate library refused.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// A key is not text.
    #[error("a private key is not PEM text")]
    Key,
    /// Not PEM.
    #[error("a certificate is not PEM: {0}")]
    Pem(#[from] rustls_pki_types::pem::Error),
    /// Not X.509.
    #[error("a certificate is not X.509: {0}")]
    X509(String),
    /// A date that no certificate has.
    #[error("a date is out of range: {0}")]
    Date(#[from] jiff::Error),
}

/// Makes an authority.
pub fn authority(now: Timestamp) -> Result<Pair, Error> {
    let key = KeyPair::generate()?;
    let certificate = dated(authority_parameters(), now, AUTHORITY_LIFE)?.self_signed(&key)?;
    Ok(pair(certificate.pem(), &key))
}

/// Makes a server certificate for `names`, signed by `authority`.
pub fn leaf(authority: &Pair, names: &[String], now: Timestamp) -> Result<Pair, Error> {
    let signer = std::str::from_utf8(authority.key.reveal()).map_err(|_| Error::Key)?;
    let issuer = Issuer::new(authority_parameters(), KeyPair::from_pem(signer)?);
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name = named("coffer-injector");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = dated(parameters, now, LEAF_LIFE)?.signed_by(&key, &issuer)?;
    Ok(pair(certificate.pem(), &key))
}

fn pair(certificate: String, key: &KeyPair) -> Pair {
    Pair {
        certificate,
        key: SecretValue::from(key.serialize_pem()),
    }
}

fn authority_parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named("coffer-injector-ca");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn dated(
    mut parameters: CertificateParams,
    now: Timestamp,
    life: SignedDuration,
) -> Result<CertificateParams, Error> {
    let start = now.checked_sub(BACKDATE)?.as_second();
    let end = now.checked_add(life)?.as_second();
    let at =
        |seconds: i64| date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(seconds.unsigned_abs());
    parameters.not_before = at(start);
    parameters.not_after = at(end);
    Ok(parameters)
}

/// Reads a certificate's dates and names.
pub fn facts(pem: &str) -> Result<Facts, Error> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes())?;
    let (_, certificate) = parse_x509_certificate(&der).map_err(|e| Error::X509(e.to_string()))?;
    let validity = certificate.validity();
    let names = certificate
        .subject_alternative_name()
        .map_err(|e| Error::X509(e.to_string()))?;
    let names = names
        .iter()
        .flat_map(|extension| &extension.value.general_names)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
    Ok(Facts {
        made: Timestamp::from_second(validity.not_before.timestamp())?.checked_add(BACKDATE)?,
        ends: Timestamp::from_second(validity.not_after.timestamp())?,
        names: names.collect(),
    })
}
