//! The certificate that TLS serves: swapped whole, seen by the next handshake.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use super::issue::Pair;

/// Why a pair cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not PEM.
    #[error("the certificate or its key is not PEM: {0}")]
    Pem(#[from] rustls_pki_types::pem::Error),
    /// The key does not fit, or TLS is configured wrongly.
    #[error("the certificate cannot be served: {0}")]
    Tls(#[from] rustls::Error),
}

/// What is served now; a handshake before the first [`Serving::load`] fails.
#[derive(Debug, Default)]
pub struct Serving(ArcSwapOption<CertifiedKey>);

impl Serving {
    /// Serves `pair` from the next handshake on.
    pub fn load(&self, pair: &Pair) -> Result<(), Error> {
        let chain =
            CertificateDer::pem_slice_iter(pair.certificate.as_bytes()).collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(pair.key.reveal())?;
        let certified = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?;
        self.0.store(Some(Arc::new(certified)));
        Ok(())
    }

    /// The leaf served now.
    pub fn certificate(&self) -> Option<CertificateDer<'static>> {
        self.0
            .load()
            .as_ref()
            .and_then(|certified| certified.cert.first().cloned())
    }

    /// TLS that serves whatever is loaded: 1.2 and 1.3, HTTP/1.1, no sessions kept.
    pub fn tls(self: Arc<Self>) -> Result<ServerConfig, Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }
}

impl ResolvesServerCert for Serving {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.load_full()
    }
}
