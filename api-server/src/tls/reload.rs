//! Keeps the certificates fresh for as long as the server runs.

use std::{sync::Arc, time::Duration};

use coffer_domain::port::Clock;
use jiff::Timestamp;
use rustls::{
    ServerConfig, crypto::CryptoProvider, crypto::aws_lc_rs, server::NoClientAuth,
    server::danger::ClientCertVerifier,
};
use tokio::sync::{Mutex, watch};

use super::{
    authority::{Authorities, AuthorityStore, TlsError},
    clients::AnyClient,
    leaf,
    resolver::Resolver,
};

/// The clock is looked at this often: a machine that slept notices on waking.
const LOOK: Duration = Duration::from_mins(15);
/// How soon to try again after a failure.
const RETRY: Duration = Duration::from_mins(1);

/// What the certificates are for, and where the authority is kept.
pub struct TlsOptions {
    /// DNS names and IP addresses by which clients reach the server.
    pub names: Vec<String>,
    /// Keeper of the authority.
    pub store: Arc<dyn AuthorityStore>,
}

/// The server's certificates.
pub struct Certificates {
    options: TlsOptions,
    provider: Arc<CryptoProvider>,
    state: Mutex<State>,
    resolver: Arc<Resolver>,
    trust: watch::Sender<String>,
}

struct State {
    authorities: Authorities,
    renew_at: Timestamp,
}

impl Certificates {
    /// Loads or makes the authority, and makes a first leaf.
    pub async fn start(options: TlsOptions, now: Timestamp) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let kept = options.store.load().await?;
        let kept = kept
            .as_ref()
            .map(Authorities::read)
            .transpose()?
            .unwrap_or_default();
        let authorities = refreshed(&*options.store, kept, now).await?;
        let leaf = signed(&authorities, &options.names, now, &provider)?;
        Ok(Self {
            resolver: Arc::new(Resolver::new(leaf.certified)),
            trust: watch::Sender::new(authorities.bundle()),
            state: Mutex::new(State {
                authorities,
                renew_at: leaf.renew_at,
            }),
            options,
            provider,
        })
    }

    /// TLS 1.2 and 1.3, with whichever leaf is in use at each handshake.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        self.config(Arc::new(NoClientAuth))
    }

    /// The same, which asks clients for a certificate and goes on without one. Nobody vouches for those shown.
    pub fn asking_server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        self.config(Arc::new(AnyClient(Arc::clone(&self.provider))))
    }

    fn config(&self, clients: Arc<dyn ClientCertVerifier>) -> Result<Arc<ServerConfig>, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
        let mut config = builder
            .with_client_cert_verifier(clients)
            .with_cert_resolver(Arc::clone(&self.resolver) as _);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// The certificates to trust, PEM: now, and whenever they change.
    pub fn trust(&self) -> watch::Receiver<String> {
        self.trust.subscribe()
    }

    /// Does what is due at `now`: a new authority is published, a new leaf put into use.
    pub async fn turn(&self, now: Timestamp) -> Result<(), TlsError> {
        let mut state = self.state.lock().await;
        state.authorities =
            refreshed(&*self.options.store, std::mem::take(&mut state.authorities), now).await?;
        let bundle = state.authorities.bundle();
        self.trust.send_if_modified(|known| {
            let differs = *known != bundle;
            *known = bundle;
            differs
        });
        if now >= state.renew_at {
            let leaf = signed(&state.authorities, &self.options.names, now, &self.provider)?;
            self.resolver.replace(leaf.certified);
            state.renew_at = leaf.renew_at;
            tracing::info!(renew_at = %leaf.renew_at, "a new server certificate is in use");
        }
        Ok(())
    }

    /// Does what is due, for ever.
    pub async fn maintain(&self, clock: &dyn Clock) {
        loop {
            let pause = match self.turn(clock.now()).await {
                Ok(()) => LOOK,
                Err(error) => {
                    tracing::error!(%error, "certificates are not renewed; trying again");
                    RETRY
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// The authorities as they should be at `now`, kept before they are used.
async fn refreshed(
    store: &dyn AuthorityStore,
    kept: Authorities,
    now: Timestamp,
) -> Result<Authorities, TlsError> {
    let Some(renewed) = kept.renewed(now)? else {
        return Ok(kept);
    };
    store.save(&renewed.text(), &renewed.bundle()).await?;
    tracing::info!("the certificate authority was renewed; clients are told");
    Ok(renewed)
}

fn signed(
    authorities: &Authorities,
    names: &[String],
    now: Timestamp,
    provider: &CryptoProvider,
) -> Result<leaf::Leaf, TlsError> {
    let signer = authorities
        .signer(now)
        .ok_or_else(|| TlsError::Damaged("there is none".to_owned()))?;
    leaf::issue(signer, names, now, provider)
}
