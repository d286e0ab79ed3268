//! The real servers, over TLS on loopback and through their routers.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
    routing,
};
use coffer_injector::{
    certificate::{issue, serving::Serving},
    health::{self, Health, Part},
    server,
    trust::{self, Bundle},
};
use futures::stream;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tower::ServiceExt;

use crate::support::{injector, pod, review};

/// A server on loopback, its authority, and the way to end it.
struct Running {
    address: std::net::SocketAddr,
    authority: issue::Pair,
    serving: Arc<Serving>,
    end: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
}

fn now() -> jiff::Timestamp {
    #[expect(clippy::disallowed_methods, reason = "TLS clients look at the real clock")]
    jiff::Timestamp::now()
}

async fn running() -> Running {
    running_with(server::router(injector())).await
}

async fn running_with(router: Router) -> Running {
    let authority = issue::authority(now()).unwrap();
    let serving = Arc::new(Serving::default());
    serving
        .load(&issue::leaf(&authority, &["localhost".to_owned()], now()).unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tls = TlsAcceptor::from(Arc::new(serving.clone().tls().unwrap()));
    let (end, ended) = oneshot::channel();
    let until = async move { drop(ended.await) };
    let done = tokio::spawn(server::serve(listener, tls, router, until));
    Running {
        address,
        authority,
        serving,
        end,
        done,
    }
}

impl Running {
    /// A connection that trusts the authority, and the certificate it was shown.
    async fn connect(&self) -> std::io::Result<(SendRequest<Body>, CertificateDer<'static>)> {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.authority.certificate.as_bytes()).unwrap())
            .unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.address).await?;
        let stream = TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from("localhost").unwrap(), stream)
            .await?;
        let shown = stream.get_ref().1.peer_certificates().unwrap()[0]
            .clone()
            .into_owned();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Ok((sender, shown))
    }
}

fn post(body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri("/mutate")
        .header("host", "localhost")
        .body(body.into())
        .unwrap()
}

async fn text(
    body: impl hyper::body::Body<Data = bytes::Bytes, Error: std::error::Error + Send + Sync + 'static>
    + Send
    + 'static,
) -> String {
    let bytes = axum::body::to_bytes(Body::new(body), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn reviews_are_answered_over_tls_on_one_connection() {
    let running = running().await;
    let (mut sender, _) = running.connect().await.unwrap();
    let body = review(&pod(&[("env", "DB_URL")])).to_string();
    for _ in 0..3 {
        let response = sender.send_request(post(body.clone())).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/json");
        let answer: Value = serde_json::from_str(&text(response.into_body()).await).unwrap();
        assert_eq!(answer["response"]["allowed"], true);
        sender.ready().await.unwrap();
    }
}

#[tokio::test]
async fn a_new_certificate_is_served_without_dropping_connections() {
    let running = running().await;
    let (mut old, shown) = running.connect().await.unwrap();
    let renewed = issue::leaf(&running.authority, &["localhost".to_owned()], now()).unwrap();
    running.serving.load(&renewed).unwrap();
    let (_, shown_now) = running.connect().await.unwrap();
    assert_ne!(shown, shown_now);
    assert_eq!(
        shown_now,
        CertificateDer::from_pem_slice(renewed.certificate.as_bytes()).unwrap()
    );
    let response = old
        .send_request(post(review(&pod(&[("env", "DB_URL")])).to_string()))
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn without_a_certificate_there_is_no_handshake() {
    let mut running = running().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    running.address = listener.local_addr().unwrap();
    let tls = TlsAcceptor::from(Arc::new(Arc::new(Serving::default()).tls().unwrap()));
    tokio::spawn(server::serve(
        listener,
        tls,
        server::router(injector()),
        std::future::pending(),
    ));
    assert!(running.connect().await.is_err());
}

#[tokio::test]
async fn a_request_that_was_begun_is_answered_at_the_end() {
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let echo = async move |body: Body| {
        begun.send(()).unwrap();
        text(body).await
    };
    let running = running_with(Router::new().route("/mutate", routing::post(echo))).await;
    let (mut sender, _) = running.connect().await.unwrap();
    let (parts, body) = futures::channel::mpsc::unbounded::<Result<Vec<u8>, std::io::Error>>();
    let answer = tokio::spawn(sender.send_request(post(Body::from_stream(body))));
    begins.recv().await.unwrap();
    running.end.send(()).unwrap();
    assert!(refused(running.address).await, "the listener is closed");
    parts.unbounded_send(Ok(b"the rest".to_vec())).unwrap();
    drop(parts);
    assert_eq!(text(answer.await.unwrap().unwrap().into_body()).await, "the rest");
    running.done.await.unwrap().unwrap();
}

/// Waits until nobody listens.
async fn refused(address: std::net::SocketAddr) -> bool {
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    true
}

#[tokio::test]
async fn bodies_that_are_no_reviews_are_refused_with_a_reason() {
    let huge = format!("{{\"a\":\"{}\"}}", "x".repeat(server::LARGEST_BODY));
    for (body, part) in [
        (String::new(), "not an AdmissionReview"),
        ("[]".to_owned(), "not an AdmissionReview"),
        ("{".repeat(100_000), "not an AdmissionReview"),
        (
            r#"{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":null}"#.to_owned(),
            "with a request",
        ),
        (huge, "3 MiB"),
    ] {
        let response = server::router(injector()).oneshot(post(body)).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let text = text(response.into_body()).await;
        assert!(text.contains(part) && text.len() < 500, "{text}");
    }
    let mut odd = review(&pod(&[("env", "DB_URL")]));
    odd["request"]["object"]["spec"]["containers"] = "none".into();
    let response = server::router(injector())
        .oneshot(post(odd.to_string()))
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(
        text(response.into_body())
            .await
            .contains("request.object is not a pod")
    );
}

#[tokio::test]
async fn there_is_one_route() {
    for (method, path, status) in [
        (Method::GET, "/mutate", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/", StatusCode::NOT_FOUND),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            server::router(injector())
                .oneshot(request)
                .await
                .unwrap()
                .status(),
            status
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_given_up() {
    let body = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let response = server::router(injector()).oneshot(post(body)).await.unwrap();
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn reviews_are_counted_by_outcome() {
    let injector = injector();
    let router = server::router(injector.clone());
    for body in [
        review(&pod(&[("env", "DB_URL")])).to_string(),
        review(&pod(&[("nonsense", "x")])).to_string(),
        review(&pod(&[("inject", "false")])).to_string(),
        "{}".to_owned(),
    ] {
        router.clone().oneshot(post(body)).await.unwrap();
    }
    let metrics = injector.metrics.render();
    for outcome in ["injected", "denied", "not_asked", "malformed"] {
        let line = format!("coffer_injector_reviews_total{{outcome=\"{outcome}\"}} 1\n");
        assert!(metrics.contains(&line), "{metrics}");
    }
    assert!(
        metrics.contains("coffer_injector_reviews_total{outcome=\"already_injected\"} 0\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("coffer_injector_review_seconds_count 4\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn readiness_names_what_is_awaited() {
    let health = Arc::new(Health::default());
    let router = health::router(health.clone(), injector().metrics.clone());
    let get = |path: &str| {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let router = router.clone();
        async move {
            let response = router.oneshot(request).await.unwrap();
            (response.status(), text(response.into_body()).await)
        }
    };
    assert_eq!(get("/healthz").await.0, StatusCode::OK);
    let parts = [
        Part::Certificate,
        Part::CaBundle,
        Part::Trust,
        Part::Vaults,
        Part::VaultSecrets,
    ];
    for (i, part) in parts.into_iter().enumerate() {
        let (status, report) = get("/readyz").await;
        assert_eq!(
            (status, report.matches("not yet").count()),
            (StatusCode::SERVICE_UNAVAILABLE, parts.len() - i)
        );
        health.set_ready(part);
    }
    assert_eq!(get("/readyz").await.0, StatusCode::OK);
    health.set_trouble(Part::Vaults, "a watch broke");
    assert_eq!(
        get("/readyz").await.0,
        StatusCode::OK,
        "what was read is still there"
    );
    health.set_failure(Part::Staying, "ending");
    let (status, report) = get("/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(report.contains("staying: ending"));
    assert!(get("/metrics").await.1.contains("coffer_injector_reviews_total"));
}

#[tokio::test]
async fn the_trust_bundle_follows_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.crt");
    let (bundle, health) = (Bundle::default(), Arc::new(Health::default()));
    let following = trust::follow(
        path.clone(),
        bundle.clone(),
        health.clone(),
        Duration::from_millis(1),
    );
    let following = tokio::spawn(following);
    wait(|| health.report().contains("trust: cannot read")).await;
    std::fs::write(&path, "nothing").unwrap();
    wait(|| health.report().contains("holds no PEM certificate")).await;
    let first = issue::authority(now()).unwrap().certificate;
    std::fs::write(&path, &first).unwrap();
    wait(|| **bundle.load() == first && health.report().contains("trust: ok")).await;
    // A file that is ruined later leaves the bundle; one that is whole again replaces it.
    std::fs::write(&path, "ruined").unwrap();
    let second = issue::authority(now()).unwrap().certificate;
    let swap = directory.path().join("next");
    std::fs::write(&swap, &second).unwrap();
    assert_eq!(**bundle.load(), first);
    std::fs::rename(&swap, &path).unwrap();
    wait(|| **bundle.load() == second).await;
    following.abort();
}

async fn wait(done: impl Fn() -> bool) {
    while !done() {
        tokio::task::yield_now().await;
    }
}
