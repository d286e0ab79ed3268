//! An authority, and the certificate that it signs for one address or name.

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// What a server serves TLS with, as PEM.
#[derive(Debug)]
pub struct Tls {
    /// Its certificate.
    pub certificate: String,
    /// The certificate's key.
    pub key: String,
    /// The authority that signed it.
    pub authority: String,
}

impl Tls {
    /// A new authority's, for this address or DNS name.
    pub fn new(host: &str) -> Result<Self> {
        let (key, own) = (KeyPair::generate()?, KeyPair::generate()?);
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let signed = authority.self_signed(&key)?;
        let server = CertificateParams::new([host.to_owned()])?;
        let certificate = server.signed_by(&own, &Issuer::new(authority, key))?;
        Ok(Self {
            certificate: certificate.pem(),
            key: own.serialize_pem(),
            authority: signed.pem(),
        })
    }
}
