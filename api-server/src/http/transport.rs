//! How a request reached the server.

use std::{fmt, sync::Arc};

use rustls::pki_types::CertificateDer;

/// What is known of the connection that a request came over.
#[derive(Clone, Default)]
pub struct Transport {
    /// Whether it is TLS that ends here.
    pub secure: bool,
    /// Whether the peer is a proxy that the configuration trusts.
    pub proxied: bool,
    /// The certificate whose key the peer has shown to hold, where the server asks for one. Nobody vouches for it.
    pub certificate: Option<Arc<CertificateDer<'static>>>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("secure", &self.secure)
            .field("proxied", &self.proxied)
            .field("certificate", &self.certificate.is_some())
            .finish()
    }
}

impl Transport {
    /// Over TLS, from a peer with these certificates, its own first.
    pub fn secure(certificates: Option<&[CertificateDer<'static>]>) -> Self {
        let own = certificates.and_then(<[_]>::first);
        Self {
            secure: true,
            proxied: false,
            certificate: own.map(|own| Arc::new(own.clone())),
        }
    }
}
