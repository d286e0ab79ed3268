//! The HTTPS server: `POST /mutate`, with bounds on everything a caller controls.

use std::{convert::Infallible, future::Future, io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::{
    decide::Context,
    familiar::{ConfigMaps, config_map::Source},
    metrics::Metrics,
    review::{self, Outcome},
    settings::Injection,
    trust::Bundle,
    watch::Shared,
};

/// The largest body, in bytes: Kubernetes' largest object, in an envelope.
pub const LARGEST_BODY: usize = 3 * 1024 * 1024;
/// The longest a caller may take to send a body.
const BODY_DEADLINE: Duration = Duration::from_secs(2);
/// The longest a caller may take for a handshake.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(5);
/// The longest a connection may wait for its next request: longer than the API server keeps one idle.
const IDLE_DEADLINE: Duration = Duration::from_mins(2);
/// The longest that open connections may take to end once asked to.
const END_DEADLINE: Duration = Duration::from_secs(10);
/// The most connections at once; further ones wait to be accepted.
const MOST_CONNECTIONS: usize = 512;
/// The most bodies held in memory at once; further ones wait to be read.
const MOST_BODIES: usize = 32;

/// What reviews are answered from.
#[derive(Debug)]
pub struct Injector {
    /// What goes into pods.
    pub settings: Injection,
    /// What agents trust.
    pub trust: Bundle,
    /// What agents trust when they ask here for keys: our own authorities.
    pub authorities: Bundle,
    /// The names known.
    pub known: Shared,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    config_maps: Option<Source>,
    bodies: Semaphore,
}

impl Injector {
    /// Puts it together.
    pub fn new(
        settings: Injection,
        trust: Bundle,
        authorities: Bundle,
        known: Shared,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            settings,
            trust,
            authorities,
            known,
            metrics,
            config_maps: None,
            bodies: Semaphore::new(MOST_BODIES),
        }
    }

    /// Also looks for references in `ConfigMap`s.
    #[must_use]
    pub fn with_config_maps(mut self, source: Option<Source>) -> Self {
        self.config_maps = source;
        self
    }

    /// Reads the `ConfigMap`s that a review makes needed, if any are to be read. The one thing that is waited for.
    pub async fn config_maps(&self, body: &[u8]) -> ConfigMaps {
        let Some(source) = &self.config_maps else {
            return ConfigMaps::default();
        };
        match review::config_maps(body, &self.settings) {
            Some((namespace, names)) => source.read(&namespace, &names).await,
            None => ConfigMaps::default(),
        }
    }

    /// Answers one review, and counts it, for pods whose variables come from no `ConfigMap`.
    pub fn answer(&self, body: &[u8]) -> Result<Vec<u8>, review::Malformed> {
        self.answer_with(body, &ConfigMaps::default())
    }

    /// Answers one review, and counts it. Computes only: no file, no network, no wait but for the index's lock.
    pub fn answer_with(&self, body: &[u8], config_maps: &ConfigMaps) -> Result<Vec<u8>, review::Malformed> {
        let _timer = self.metrics.start();
        let trust = self.trust.load();
        let authorities = self.authorities.load();
        let known = self.known.read();
        let context = Context {
            settings: &self.settings,
            trust: &trust,
            authorities: &authorities,
            known: &known,
            config_maps,
            namespace: "",
        };
        let (answer, outcome) = match review::answer(body, context) {
            Ok((answer, outcome)) => (Ok(answer), outcome),
            Err(malformed) => (Err(malformed), Outcome::Malformed),
        };
        self.metrics.count(outcome);
        answer
    }
}

/// The one route.
pub fn router(injector: Arc<Injector>) -> Router {
    Router::new().route("/mutate", post(mutate)).with_state(injector)
}

async fn mutate(State(injector): State<Arc<Injector>>, body: Body) -> Response {
    let Ok(_permit) = injector.bodies.acquire().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let body = match timeout(BODY_DEADLINE, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => {
            injector.metrics.count(Outcome::Malformed);
            return (
                StatusCode::BAD_REQUEST,
                format!("cannot read the body (3 MiB is the most): {error}\n"),
            )
                .into_response();
        }
        Err(_) => {
            injector.metrics.count(Outcome::Malformed);
            return (
                StatusCode::REQUEST_TIMEOUT,
                "the body took over 2 seconds to arrive\n",
            )
                .into_response();
        }
    };
    let config_maps = injector.config_maps(&body).await;
    match injector.answer_with(&body, &config_maps) {
        Ok(answer) => ([(CONTENT_TYPE, "application/json")], answer).into_response(),
        Err(malformed) => (StatusCode::BAD_REQUEST, format!("{malformed}\n")).into_response(),
    }
}

/// Serves until `end`, then lets open connections finish what they are at.
pub async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    router: Router,
    end: impl Future<Output = ()>,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut end = std::pin::pin!(end);
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else {
            break;
        };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut end => break,
        };
        let (tls, router, watcher) = (tls.clone(), router.clone(), graceful.watcher());
        tokio::spawn(async move {
            connection(stream, tls, router, watcher).await;
            drop(permit);
        });
    }
    drop(listener);
    if timeout(END_DEADLINE, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open at the end");
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    tls: TlsAcceptor,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let _ = stream.set_nodelay(true);
    let stream = match timeout(HANDSHAKE_DEADLINE, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "handshake failed");
            return;
        }
        Err(_) => return,
    };
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(
                router
                    .oneshot(request.map(Body::new))
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let http = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_DEADLINE)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(http).await {
        tracing::debug!(%error, "connection ended early");
    }
}
