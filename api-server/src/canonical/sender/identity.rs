//! Whom a certificate stands for, where one alone is the credential. The configuration names the holders of some by
//! thumbprint; of the others those count that a configured authority has signed, within the constraints.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
    sync::Arc,
};

use coffer_domain::name::OrgName;
use jiff::Timestamp;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, UnixTime, pem::PemObject},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use serde::Deserialize;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
};

use super::certificate::Shown;
use crate::canonical::{error::Failure, settings::BadSettings};

/// Whose a certificate is, and what it may be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name of its holder.
    pub subject: String,
    /// What the holder may do.
    pub scopes: BTreeSet<String>,
    /// The tenant the holder belongs to, where it is said.
    pub tenant: Option<OrgName>,
    /// The certificate's thumbprint.
    pub thumbprint: String,
}

/// The file of mappings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mappings {
    thumbprint_map: BTreeMap<String, String>,
    constraints: Constraints,
    subjects: BTreeMap<String, Subject>,
}

/// Of which certificates the configured authority's word counts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Constraints {
    allowed_issuers: BTreeSet<String>,
    allowed_email_domains: BTreeSet<String>,
    allowed_policy_oids: BTreeSet<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Subject {
    scopes: BTreeSet<String>,
    tenant: Option<OrgName>,
}

/// What certificates stand for.
#[derive(Clone, Default)]
pub struct Identities {
    mappings: Mappings,
    authority: Option<Arc<dyn ClientCertVerifier>>,
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identities")
            .field("mappings", &self.mappings)
            .finish_non_exhaustive()
    }
}

fn untaken() -> Failure {
    Failure::certificate("UNAUTHENTICATED", "this certificate stands for nobody here")
}

impl Identities {
    /// From the file of mappings and the authority's certificates, as PEM, each if it is named.
    pub fn read(mappings: Option<&Path>, authority: Option<&Path>) -> Result<Self, BadSettings> {
        let bad = |what: &str, path: &Path, why: &dyn fmt::Display| {
            BadSettings::new(format!("{what} {}: {why}", path.display()))
        };
        let mappings = mappings.map_or(Ok(Mappings::default()), |path| {
            let bad = |why: &dyn fmt::Display| bad("--canonical-cert-mappings", path, why);
            let text = fs::read_to_string(path).map_err(|error| bad(&error))?;
            let read: Mappings = serde_saphyr::from_str(&text).map_err(|error| bad(&error))?;
            let plain = |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            match read.thumbprint_map.values().find(|name| !plain(name)) {
                Some(name) => Err(bad(&format!("{name:?} must be plain text without spaces"))),
                None => Ok(read),
            }
        })?;
        let authority = authority.map(|path| {
            let pem = fs::read(path).map_err(|error| bad("--canonical-client-ca", path, &error))?;
            verifier(&pem).map_err(|why| bad("--canonical-client-ca", path, &why))
        });
        Ok(Self {
            mappings,
            authority: authority.transpose()?,
        })
    }

    /// Whom a certificate stands for at `now`; its holder has shown to hold its key.
    pub fn of(&self, shown: &Shown, now: Timestamp) -> Result<Identity, Failure> {
        let (_, parsed) = x509_parser::parse_x509_certificate(&shown.der).map_err(|_| untaken())?;
        let second = now.as_second();
        let validity = parsed.validity();
        if second < validity.not_before.timestamp() || second > validity.not_after.timestamp() {
            return Err(untaken());
        }
        let named = self.mappings.thumbprint_map.get(&shown.thumbprint);
        let subject = match named {
            Some(subject) => subject.clone(),
            None => self.vouched(shown, &parsed, second)?,
        };
        let known = self.mappings.subjects.get(&subject).cloned().unwrap_or_default();
        Ok(Identity {
            subject,
            scopes: known.scopes,
            tenant: known.tenant,
            thumbprint: shown.thumbprint.clone(),
        })
    }

    /// The holder's name in a certificate that the authority has signed.
    fn vouched(&self, shown: &Shown, parsed: &X509Certificate<'_>, now: i64) -> Result<String, Failure> {
        let authority = self.authority.as_ref().ok_or_else(untaken)?;
        let seconds = u64::try_from(now).map_err(|_| untaken())?;
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let own = CertificateDer::from(shown.der.as_slice());
        authority
            .verify_client_cert(&own, &[], time)
            .map_err(|_| untaken())?;
        let rules = &self.mappings.constraints;
        let meets = |allowed: &BTreeSet<String>, stated: &[String]| {
            allowed.is_empty() || stated.iter().any(|one| allowed.contains(one))
        };
        let issued = meets(&rules.allowed_issuers, &[parsed.issuer().to_string()]);
        if !issued || !meets(&rules.allowed_policy_oids, &policies(parsed)) {
            return Err(untaken());
        }
        Ok(match emails(parsed).as_slice() {
            [email] if domain(email).is_some_and(|it| rules.allowed_email_domains.contains(&it)) => {
                format!("auth:account:x509:email:{email}")
            }
            _ => format!("auth:account:x509:sha256:{}", shown.thumbprint),
        })
    }
}

fn verifier(pem: &[u8]) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| "it is no PEM of certificates".to_owned())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    builder
        .build()
        .map(|verifier| verifier as Arc<dyn ClientCertVerifier>)
        .map_err(|error| error.to_string())
}

/// The addresses that a certificate names, in small letters. What could mean something else in a log is none.
fn emails(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let email = |name: &GeneralName<'_>| match name {
        GeneralName::RFC822Name(email) if email.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Some(email.to_ascii_lowercase())
        }
        _ => None,
    };
    names.value.general_names.iter().filter_map(email).collect()
}

fn domain(email: &str) -> Option<String> {
    let (name, domain) = email.rsplit_once('@')?;
    (!name.is_empty() && !name.contains('@')).then(|| domain.to_owned())
}

/// The policies that a certificate was issued under, as dotted numbers.
fn policies(certificate: &X509Certificate<'_>) -> Vec<String> {
    let of = |extension: &ParsedExtension<'_>| match extension {
        ParsedExtension::CertificatePolicies(policies) => policies
            .iter()
            .map(|policy| policy.policy_id.to_id_string())
            .collect(),
        _ => Vec::new(),
    };
    let extensions = certificate.extensions().iter();
    extensions
        .flat_map(|extension| of(extension.parsed_extension()))
        .collect()
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
