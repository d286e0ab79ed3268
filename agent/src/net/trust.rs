//! Which certificates the server's must lead to. The system's own store plays no part.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use thiserror::Error;

/// TLS sessions kept for resumption: those of one server.
const SESSIONS: usize = 4;

/// A set of trusted certificates, ready for use.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Settings of connections that trust it.
    pub(super) config: Arc<ClientConfig>,
}

/// Why a set of certificates cannot be used.
#[derive(Debug, Error)]
pub enum TrustError {
    /// Not PEM.
    #[error("the trusted certificates are not PEM: {0}")]
    Pem(rustls_pki_types::pem::Error),
    /// PEM without certificates: with it, no server would ever be trusted.
    #[error("the trusted certificates hold none")]
    None,
    /// Not a certificate, or not one that can sign.
    #[error("a trusted certificate cannot be used: {0}")]
    Certificate(rustls::Error),
}

impl Trust {
    /// Trusts the certificates in `pem`, and no others.
    pub fn parse(pem: &str) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots
                .add(certificate.map_err(TrustError::Pem)?)
                .map_err(TrustError::Certificate)?;
        }
        if roots.is_empty() {
            return Err(TrustError::None);
        }
        // Named outright: which provider is the process's default depends on who else is in the build.
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(TrustError::Certificate)?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Self {
            config: Arc::new(config),
        })
    }

    /// A number that is hard to guess.
    pub(super) fn random(&self) -> u16 {
        let mut bytes = [0; 2];
        // Without randomness the handshake that follows fails too, and says so.
        let _ = self.config.crypto_provider().secure_random.fill(&mut bytes);
        u16::from_ne_bytes(bytes)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_would_trust_nobody() {
        assert!(matches!(Trust::parse(""), Err(TrustError::None)));
        assert!(matches!(Trust::parse("no PEM"), Err(TrustError::None)));
        let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(Trust::parse(junk), Err(TrustError::Certificate(_))));
        let torn = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert!(matches!(Trust::parse(torn), Err(TrustError::Pem(_))));
    }

    #[test]
    fn takes_a_certificate() {
        let issued = rcgen::generate_simple_self_signed(vec!["coffer".to_owned()]).unwrap();
        assert!(Trust::parse(&issued.cert.pem()).is_ok());
    }
}
