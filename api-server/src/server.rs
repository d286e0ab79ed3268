//! Listens, serves each connection, and ends gracefully.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use coffer_domain::usecase::Coffer;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use prometheus::IntGauge;
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    agent::{self, Hub, StreamSettings, seats::Seats},
    app::App,
    deliver, health, housekeeping,
    http::{
        mount::Mounts, request_log::RequestLog, settings::DoorSettings, shell::Shell, transport::Transport,
    },
    identity::{Notices, WorkloadIdentity},
    jobs, mcp,
    metrics::Metrics,
    native::{self, error::ApiError},
    open_files, requests,
};

/// Bounds on what clients can hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at once, as far as the process may have files open; further ones wait to be accepted.
    pub connections: usize,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For a request's head to arrive, and for an idle connection to send one.
    pub head: Duration,
    /// For requests to finish once the server is to end.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16 * 1024,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            drain: Duration::from_secs(20),
        }
    }
}

/// The largest head of a request, in bytes, and the most headers in it.
const LARGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// A pause when the system gives no more sockets.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// Everything that a server is made of.
pub struct ServerParts {
    /// The one way in.
    pub coffer: Coffer,
    /// Who verifies pods' tokens; without, none is let in.
    pub identity: Option<Arc<WorkloadIdentity>>,
    /// Where refused deliveries are told.
    pub notices: Arc<dyn Notices>,
    /// Where to listen.
    pub listener: TcpListener,
    /// TLS; without, plain HTTP, which is for loopback alone.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// The certificates that clients should trust, told to agents.
    pub trust: Option<watch::Receiver<String>>,
    /// Counters; `/metrics` shows their whole registry.
    pub metrics: Arc<Metrics>,
    /// A plain listener for probes and `/metrics`; the main listener then has no `/metrics`.
    pub metrics_listener: Option<TcpListener>,
    /// Bounds on clients.
    pub limits: Limits,
    /// How streams behave.
    pub streams: StreamSettings,
    /// Whether to log a line per request.
    pub access_log: bool,
    /// The dialects' mechanics.
    pub doors: DoorSettings,
}

/// Why a server ended.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The listener broke.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// Every request was finished.
    Drained,
    /// Some were still open when [`Limits::drain`] had passed.
    Cut,
}

/// Serves until `shutdown` completes; then accepts nothing, ends the streams, and lets requests finish.
pub async fn serve(parts: ServerParts, shutdown: impl Future<Output = ()>) -> Result<Served, ServeError> {
    let hub = Arc::new(Hub::new(parts.coffer.latest_change()));
    let app = shared(&parts, Arc::clone(&hub));
    app.canonical.prepare(&parts.coffer).await;
    let shell = |router, mounts| {
        let proxies = parts.doors.proxies.clone();
        Arc::new(Shell::new(
            router,
            mounts,
            proxies,
            Arc::clone(&app),
            parts.access_log,
        ))
    };
    let mounts = Mounts::new(&crate::mounted(), &parts.doors.hosts, &parts.doors.rates, &app);
    let router = router(Arc::clone(&app), parts.metrics_listener.is_none());
    let limits = Limits {
        connections: open_files::room_for(parts.limits.connections),
        ..parts.limits
    };
    let main = Door::new(shell(router, mounts), parts.tls, limits, &parts.metrics);
    let probes = shell(probes(Arc::clone(&app)), Mounts::default());
    let side = Door::new(probes, None, limits, &parts.metrics);
    let follower = follow(Arc::clone(&hub), parts.coffer.clone());
    let keeper = tokio::spawn(requests::run(Arc::clone(&app)));
    let deliverer = tokio::spawn(deliver::run(Arc::clone(&app), parts.doors.webhook_allow.clone()));
    let housekeeper = tokio::spawn(housekeeping::run(Arc::clone(&app)));
    let worker = tokio::spawn(jobs::run(Arc::clone(&app), parts.doors.webhook_allow.clone()));
    tokio::select! {
        () = shutdown => {}
        () = main.accept(parts.listener) => {}
        () = side.accept_maybe(parts.metrics_listener) => {}
    }
    tracing::info!("ending: no more requests are taken");
    hub.stop();
    let drained = timeout(parts.limits.drain, async {
        tokio::join!(main.drain(), side.drain())
    })
    .await;
    for task in [follower, deliverer, housekeeper, worker, keeper] {
        task.abort();
    }
    requests::flush(&app).await;
    Ok(if drained.is_ok() {
        Served::Drained
    } else {
        Served::Cut
    })
}

/// What all doors share.
fn shared(parts: &ServerParts, hub: Arc<Hub>) -> Arc<App> {
    Arc::new(App {
        coffer: parts.coffer.clone(),
        identity: parts.identity.clone(),
        notices: Arc::clone(&parts.notices),
        trust: parts.trust.clone(),
        hub,
        metrics: Arc::clone(&parts.metrics),
        streams: parts.streams,
        seats: Seats::new(parts.streams.of_namespace),
        failures: parts.doors.failures(),
        keyway: crate::keyway::Door::new(&parts.coffer, &parts.doors.keyway),
        canonical: crate::canonical::Door::new(
            &parts.coffer,
            &parts.doors.canonical,
            parts.metrics.canonical.clone(),
        ),
        keynest: crate::keynest::Door::new(&parts.coffer, &parts.doors.keynest),
        mcp: mcp::Door::new(&parts.doors.mcp, parts.tls.is_some()),
        requests: RequestLog::default(),
    })
}

fn follow(hub: Arc<Hub>, coffer: Coffer) -> JoinHandle<()> {
    tokio::spawn(async move { hub.run(&coffer).await })
}

/// All doors of the main listener.
fn router(app: Arc<App>, with_metrics: bool) -> Router {
    native::routes::router()
        .merge(agent::router())
        .merge(health::router(with_metrics))
        .fallback(async || ApiError::UnknownPath)
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
        .with_state(app)
}

/// The side listener's: nothing that needs a credential.
fn probes(app: Arc<App>) -> Router {
    health::router(true)
        .fallback(async || ApiError::UnknownPath)
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
        .with_state(app)
}

/// One listener's way of serving.
struct Door {
    shell: Arc<Shell>,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    http: http1::Builder,
    places: Arc<Semaphore>,
    open: IntGauge,
    graceful: GracefulShutdown,
}

impl Door {
    fn new(
        shell: Arc<Shell>,
        tls: Option<Arc<rustls::ServerConfig>>,
        limits: Limits,
        metrics: &Metrics,
    ) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(LARGEST_HEAD)
            .max_headers(MOST_HEADERS);
        Self {
            shell,
            tls: tls.map(TlsAcceptor::from),
            limits,
            http,
            places: Arc::new(Semaphore::new(limits.connections)),
            open: metrics.connections.clone(),
            graceful: GracefulShutdown::new(),
        }
    }

    async fn accept_maybe(&self, listener: Option<TcpListener>) {
        match listener {
            Some(listener) => self.accept(listener).await,
            None => std::future::pending().await,
        }
    }

    /// Accepts for ever; a system out of sockets is waited for, not given up on.
    async fn accept(&self, listener: TcpListener) {
        loop {
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((socket, peer)) => {
                    let connection = self.connection(socket, peer);
                    tokio::spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(EXHAUSTED).await;
                }
            }
        }
    }

    fn connection(&self, socket: TcpStream, peer: SocketAddr) -> impl Future<Output = ()> + Send + use<> {
        let (tls, limits) = (self.tls.clone(), self.limits);
        let (http, shell) = (self.http.clone(), Arc::clone(&self.shell));
        let (watcher, open) = (self.graceful.watcher(), self.open.clone());
        async move {
            open.inc();
            // Lines of a stream are small and must not wait for each other.
            let _ = socket.set_nodelay(true);
            match tls {
                None => converse(&http, socket, shell, (peer, Transport::default()), watcher).await,
                Some(acceptor) => {
                    if let Ok(Ok(stream)) = timeout(limits.handshake, acceptor.accept(socket)).await {
                        let transport = Transport::secure(stream.get_ref().1.peer_certificates());
                        converse(&http, stream, shell, (peer, transport), watcher).await;
                    }
                }
            }
            open.dec();
        }
    }

    async fn drain(self) {
        self.graceful.shutdown().await;
    }
}

/// Serves the requests of one connection.
async fn converse<S>(
    http: &http1::Builder,
    stream: S,
    shell: Arc<Shell>,
    (peer, transport): (SocketAddr, Transport),
    watcher: Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let address = peer.ip().to_canonical();
    let service = service_fn(move |request| {
        let (shell, transport) = (Arc::clone(&shell), transport.clone());
        // Not boxed, though a connection then holds room for an answer in the making for as long as it is open.
        async move { Ok::<_, std::convert::Infallible>(shell.answer(request, address, transport).await) }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        // Clients leave, and send what is no HTTP: nothing to act on, and nothing of it is repeated.
        tracing::debug!(kind = error.is_parse(), "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use coffer_domain::testkit::{ManualClock, NoKeyPairs, SeededEntropy};
    use coffer_store::{Seed, StoreOptions, kek::StaticKek};
    use prometheus::Registry;

    use super::*;
    use crate::identity::LogNotices;

    async fn panicking() -> &'static str {
        panic!("hunter2")
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_says_nothing_and_the_server_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let entropy = Arc::new(SeededEntropy::new(1));
        let kek = StaticKek::from_keys(Seed::fresh(&*entropy), Vec::new(), Arc::clone(&entropy) as _);
        let options = StoreOptions::new(directory.path().join("store"), Arc::new(kek)).unwrap();
        let clock = Arc::new(ManualClock::at(jiff::Timestamp::UNIX_EPOCH));
        let store = coffer_store::open(options).await.unwrap();
        let coffer = Coffer::new(store, clock, entropy, Arc::new(NoKeyPairs));
        let metrics = Arc::new(Metrics::new(Registry::new()).unwrap());
        let router = Router::new()
            .route("/panic", get(panicking))
            .route("/fine", get(async || "fine"));
        let app = Arc::new(App {
            hub: Arc::new(Hub::new(coffer.latest_change())),
            keyway: crate::keyway::Door::new(&coffer, &DoorSettings::default().keyway),
            canonical: crate::canonical::Door::new(
                &coffer,
                &DoorSettings::default().canonical,
                metrics.canonical.clone(),
            ),
            keynest: crate::keynest::Door::new(&coffer, &DoorSettings::default().keynest),
            mcp: mcp::Door::new(&DoorSettings::default().mcp, false),
            coffer,
            identity: None,
            notices: Arc::new(LogNotices),
            trust: None,
            metrics: Arc::clone(&metrics),
            streams: StreamSettings::default(),
            seats: Seats::new(1),
            failures: DoorSettings::default().failures(),
            requests: RequestLog::default(),
        });
        let proxies = DoorSettings::default().proxies;
        let shell = Arc::new(Shell::new(router, Mounts::default(), proxies, app, false));
        let door = Door::new(shell, None, Limits::default(), &metrics);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { door.accept(listener).await });
        crate::provide_crypto();
        let answer = reqwest::get(format!("{base}/panic")).await.unwrap();
        assert_eq!(answer.status(), 500);
        let text = answer.text().await.unwrap();
        assert!(
            text.contains("\"code\":\"internal\"") && !text.contains("hunter2"),
            "{text}"
        );
        assert_eq!(
            reqwest::get(format!("{base}/fine"))
                .await
                .unwrap()
                .text()
                .await
                .unwrap(),
            "fine"
        );
    }
}
