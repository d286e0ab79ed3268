//! A thousand pods on their streams: what they cost idle, and how long a change takes to reach them.

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use coffer_domain::port::Clock;
use coffer_store::SystemClock;
use futures::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
};

/// The issuer of the pods' tokens.
pub const ISSUER: &str = "https://benchmark.example";
const KEY_ID: &str = "benchmark";

/// A cluster's signing key.
pub struct Cluster(EncodingKey);

impl Cluster {
    /// With a new key, published in the file `jwks`.
    pub fn publish(jwks: &Path) -> Self {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).unwrap();
        let point = pair.public_key().as_ref();
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let key = json!({"kty": "EC", "crv": "P-256", "kid": KEY_ID, "x": part(&point[1..33]), "y": part(&point[33..])});
        std::fs::write(jwks, json!({ "keys": [key] }).to_string()).unwrap();
        Self(EncodingKey::from_ec_der(pkcs8.as_ref()))
    }

    fn token(&self, pod: usize) -> String {
        let header = Header {
            kid: Some(KEY_ID.to_owned()),
            ..Header::new(Algorithm::ES256)
        };
        let claims = json!({
            "iss": ISSUER,
            "sub": "system:serviceaccount:default:app",
            "aud": ["coffer"],
            "exp": SystemClock.now().as_second() + 3600,
            "kubernetes.io": {
                "namespace": "default",
                "pod": { "name": format!("pod-{pod}"), "uid": format!("uid-{pod}") },
                "serviceaccount": { "name": "app", "uid": "uid-app" },
            },
        });
        jsonwebtoken::encode(&header, &claims, &self.0).unwrap()
    }

    /// Opens the stream of one pod and reads its first values.
    pub async fn open(&self, address: SocketAddr, pod: usize) -> Stream {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let body = r#"{"organization":"default","vault":"default","environment":"default","names":["S1"]}"#;
        let head = format!(
            "POST /coffer/v1/agent/watch HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            self.token(pod),
            body.len()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut stream = Stream(BufReader::new(socket).lines());
        stream.values().await;
        stream
    }
}

/// A pod's stream.
pub struct Stream(Lines<BufReader<TcpStream>>);

impl Stream {
    /// Waits for the next values.
    async fn values(&mut self) {
        loop {
            let line = self.0.next_line().await.unwrap().expect("the stream to go on");
            assert!(!line.starts_with("HTTP/1.1 4"), "{line}");
            if line.contains(r#""type":"values""#) {
                return;
            }
        }
    }
}

/// How long after `change` began each stream had the new values, sorted.
pub async fn reach(streams: &mut [Stream], change: impl Future<Output = ()>) -> Vec<Duration> {
    let started = Instant::now();
    let arrivals = join_all(streams.iter_mut().map(async |stream| {
        stream.values().await;
        started.elapsed()
    }));
    let (mut arrivals, ()) = tokio::join!(arrivals, change);
    arrivals.sort_unstable();
    arrivals
}
