//! An authority, and the certificate that it signs for one address.

use std::net::IpAddr;

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};

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
    /// A new authority's, for this address.
    pub fn new(address: IpAddr) -> Result<Self> {
        let (key, own) = (KeyPair::generate()?, KeyPair::generate()?);
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let signed = authority.self_signed(&key)?;
        let mut server = CertificateParams::default();
        server.subject_alt_names = vec![SanType::IpAddress(address)];
        let certificate = server.signed_by(&own, &Issuer::new(authority, key))?;
        Ok(Self {
            certificate: certificate.pem(),
            key: own.serialize_pem(),
            authority: signed.pem(),
        })
    }
}
