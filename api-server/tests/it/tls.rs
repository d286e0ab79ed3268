//! TLS with an authority of our own, under a clock set by hand: connections go on while certificates change.

use std::sync::Arc;

use coffer_api_server::tls::{AuthorityDir, Certificates, TlsOptions};
use jiff::{SignedDuration, Timestamp};
use rustls::{
    ClientConfig, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    version,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{Choices, TestServer, now};

fn days(number: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * number)
}

async fn certificates(directory: &std::path::Path, at: Timestamp) -> Arc<Certificates> {
    let options = TlsOptions {
        names: vec!["coffer.test".to_owned(), "127.0.0.1".to_owned()],
        store: Arc::new(AuthorityDir(directory.to_owned())),
    };
    Arc::new(Certificates::start(options, at).await.unwrap())
}

/// The bundle's certificates.
fn roots(bundle: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(bundle.as_bytes())
        .map(|one| one.unwrap())
        .collect()
}

/// A verifier whose clock is ours.
#[derive(Debug)]
struct At(Arc<WebPkiServerVerifier>, Timestamp);

impl ServerCertVerifier for At {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            self.1.as_second().try_into().unwrap(),
        ));
        self.0.verify_server_cert(leaf, chain, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Connects, trusting `bundle`, as if it were `at`.
async fn connect(
    server: &TestServer,
    bundle: &str,
    at: Timestamp,
    name: &str,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots(bundle));
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider))
        .build()
        .unwrap();
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(At(inner, at)))
        .with_no_client_auth();
    let socket = TcpStream::connect(server.address).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

async fn ask(stream: &mut TlsStream<TcpStream>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    // What a task's budget had no room for is kept back until somebody asks for it.
    stream.flush().await.unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    // The rest of the answer: up to the end of its body.
    let mut rest = Vec::new();
    while !rest.ends_with(b"{\"status\":\"ok\"}") {
        rest.push(stream.read_u8().await.unwrap());
    }
}

const BOTH: &[&rustls::SupportedProtocolVersion] = &[&version::TLS12, &version::TLS13];

async fn serving(certificates: &Arc<Certificates>) -> TestServer {
    TestServer::with(Choices {
        certificates: Some(Arc::clone(certificates)),
        ..Choices::default()
    })
    .await
}

#[tokio::test]
async fn both_versions_and_all_names_work() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = certificates(directory.path(), now()).await;
    let server = serving(&certificates).await;
    let bundle = certificates.trust().borrow().clone();
    for version in [&version::TLS12, &version::TLS13] {
        for name in ["coffer.test", "127.0.0.1"] {
            ask(&mut connect(&server, &bundle, now(), name, &[version]).await.unwrap()).await;
        }
    }
    let other = connect(&server, &bundle, now(), "other.test", BOTH).await;
    assert!(other.unwrap_err().to_string().contains("certificate"));
}

#[tokio::test]
async fn ten_years_of_renewals_lose_no_client() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = certificates(directory.path(), now()).await;
    let server = serving(&certificates).await;
    let mut trust = certificates.trust();
    let mut bundle = trust.borrow_and_update().clone();
    let first = bundle.clone();
    let mut standing = connect(&server, &bundle, now(), "coffer.test", BOTH)
        .await
        .unwrap();
    let (mut leaves, mut at) = (std::collections::HashSet::new(), now());
    for _ in 0..(11 * 365 / 7) {
        at += days(7);
        certificates.turn(at).await.unwrap();
        // A client has the bundle of a week ago: what it hears of now it trusts from the next week on.
        let stream = connect(&server, &bundle, at, "coffer.test", &[&version::TLS13])
            .await
            .unwrap();
        let leaf = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        leaves.insert(leaf.to_vec());
        bundle = trust.borrow_and_update().clone();
    }
    ask(&mut standing).await;
    assert!(leaves.len() > 150, "{}", leaves.len());
    assert_ne!(first, bundle);
    assert_eq!(roots(&bundle).len(), 1, "the first authority has ended");
    assert!(connect(&server, &first, at, "coffer.test", BOTH).await.is_err());
}

#[tokio::test]
async fn a_leaf_is_renewed_at_two_thirds_of_its_life() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = certificates(directory.path(), now()).await;
    let server = serving(&certificates).await;
    let bundle = certificates.trust().borrow().clone();
    let leaf = async |at: Timestamp| {
        certificates.turn(at).await.unwrap();
        let stream = connect(&server, &bundle, at, "coffer.test", &[&version::TLS13])
            .await
            .unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let first = leaf(now()).await;
    assert_eq!(leaf(now() + days(20) - SignedDuration::from_secs(1)).await, first);
    let second = leaf(now() + days(20)).await;
    assert_ne!(second, first);
    // A machine that slept for a month renews as soon as it wakes.
    assert_ne!(leaf(now() + days(55)).await, second);
}

#[tokio::test]
async fn the_authority_outlives_the_process_and_its_key_is_ours_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tls");
    let first = certificates(&path, now()).await.trust().borrow().clone();
    let second = certificates(&path, now() + days(100))
        .await
        .trust()
        .borrow()
        .clone();
    assert_eq!(first, second);
    let mode = |name: &str| path.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("ca.pem"), 0o600);
    assert_eq!(std::fs::read_to_string(path.join("ca.crt")).unwrap(), first);
    assert!(!first.contains("PRIVATE"));
}

#[tokio::test]
async fn a_damaged_authority_is_not_replaced_in_silence() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ca.pem"), "nonsense").unwrap();
    let options = TlsOptions {
        names: vec!["coffer.test".to_owned()],
        store: Arc::new(AuthorityDir(directory.path().to_owned())),
    };
    let error = Certificates::start(options, now())
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("damaged") && error.contains("remove it"),
        "{error}"
    );
    assert_eq!(
        std::fs::read_to_string(directory.path().join("ca.pem")).unwrap(),
        "nonsense"
    );
}

#[tokio::test]
async fn half_a_handshake_holds_up_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = certificates(directory.path(), now()).await;
    let server = serving(&certificates).await;
    let bundle = certificates.trust().borrow().clone();
    let mut half = Vec::new();
    for _ in 0..200 {
        half.push(TcpStream::connect(server.address).await.unwrap());
    }
    ask(&mut connect(&server, &bundle, now(), "coffer.test", BOTH)
        .await
        .unwrap())
    .await;
}
