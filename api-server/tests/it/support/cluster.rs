//! A cluster that signs service-account tokens: its keys, its pods, and tokens right and wrong.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use coffer_api_server::identity::{
    ClusterKeys, IdentityOptions, KeyRing, KeysError, LivePods, LivenessError, WorkloadIdentity,
};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

pub const ISSUER: &str = "https://kubernetes.default.svc";
pub const AUDIENCE: &str = "coffer";

/// A signing key of the cluster.
pub struct SigningKey {
    pub id: String,
    algorithm: Algorithm,
    encoding: EncodingKey,
    jwk: Value,
    public: Vec<u8>,
}

impl SigningKey {
    /// A new P-256 key.
    pub fn p256(id: &str) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &aws_lc_rs::rand::SystemRandom::new(),
        )
        .unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let point = pair.public_key().as_ref();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id,
            "x": part(&point[1..33]), "y": part(&point[33..]),
        });
        let encoding = EncodingKey::from_ec_der(pkcs8.as_ref());
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::ES256,
            encoding,
            jwk,
            public: point.to_vec(),
        }
    }

    /// A new RSA key, 2048 bits.
    pub fn rsa(id: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der>::as_der(&pair).unwrap();
        let public = pair.public_key();
        let jwk = json!({
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": id,
            "n": part(public.modulus().big_endian_without_leading_zero()),
            "e": part(public.exponent().big_endian_without_leading_zero()),
        });
        let spki = AsDer::<PublicKeyX509Der>::as_der(public).unwrap();
        // PKCS#1 lies inside PKCS#8, behind 26 bytes that are the same for every key of this size.
        let encoding = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::RS256,
            encoding,
            jwk,
            public: spki.as_ref().to_vec(),
        }
    }

    /// What everyone may know of the key, as bytes.
    pub fn public_bytes(&self) -> Vec<u8> {
        self.public.clone()
    }

    /// The same as PEM.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.public)
    }

    /// The same as a JSON Web Key.
    pub fn public_jwk(&self) -> Value {
        self.jwk.clone()
    }

    /// Signs `claims` under a header exactly as given.
    pub fn sign_raw(&self, header: &Value, claims: &Value) -> String {
        let message = format!(
            "{}.{}",
            part(header.to_string().as_bytes()),
            part(claims.to_string().as_bytes())
        );
        let algorithm = match header["alg"].as_str() {
            Some("PS256") => Algorithm::PS256,
            _ => self.algorithm,
        };
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.encoding, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// Signs `claims` under this key's id.
    pub fn sign(&self, claims: &Value) -> String {
        let header = Header {
            kid: Some(self.id.clone()),
            ..Header::new(self.algorithm)
        };
        jsonwebtoken::encode(&header, claims, &self.encoding).unwrap()
    }
}

fn part(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::prelude::BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// The cluster's side of the ports.
pub struct Cluster {
    pub key: SigningKey,
    published: Mutex<Vec<Value>>,
    pub fetches: AtomicUsize,
    gone: Mutex<HashSet<String>>,
    leaving: Mutex<HashMap<String, watch::Sender<bool>>>,
}

impl Cluster {
    pub fn new() -> Arc<Self> {
        let key = SigningKey::p256("first");
        let published = Mutex::new(vec![key.jwk.clone()]);
        Arc::new(Self {
            key,
            published,
            fetches: AtomicUsize::new(0),
            gone: Mutex::default(),
            leaving: Mutex::default(),
        })
    }

    /// Publishes another key beside those there are.
    pub fn publish(&self, key: &SigningKey) {
        self.published.lock().push(key.jwk.clone());
    }

    /// Publishes no key any more.
    pub fn withdraw_all(&self) {
        self.published.lock().clear();
    }

    /// A pod that is being deleted.
    pub fn delete_pod(&self, uid: &str) {
        self.leaving
            .lock()
            .entry(uid.to_owned())
            .or_default()
            .send_replace(true);
    }

    /// A pod that stops.
    pub fn stop_pod(&self, uid: &str) {
        self.gone.lock().insert(uid.to_owned());
    }

    pub fn identity(self: &Arc<Self>) -> Arc<WorkloadIdentity> {
        let options = IdentityOptions {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
        };
        let ring = KeyRing::new(Arc::clone(self) as _);
        Arc::new(WorkloadIdentity::new(options, ring, Arc::clone(self) as _))
    }

    /// A good token of pod `name` in namespace `acme`, valid for an hour from `now`.
    pub fn token(&self, name: &str, now: Timestamp) -> String {
        self.key.sign(&claims(name, now))
    }
}

/// The claims of a good token.
pub fn claims(pod: &str, now: Timestamp) -> Value {
    json!({
        "iss": ISSUER,
        "sub": "system:serviceaccount:acme:app",
        "aud": [AUDIENCE],
        "exp": now.as_second() + 3600,
        "nbf": now.as_second(),
        "iat": now.as_second(),
        "kubernetes.io": {
            "namespace": "acme",
            "pod": { "name": pod, "uid": format!("uid-{pod}") },
            "serviceaccount": { "name": "app", "uid": "uid-app" },
        },
    })
}

#[async_trait]
impl ClusterKeys for Cluster {
    async fn fetch(&self) -> Result<String, KeysError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        Ok(json!({ "keys": *self.published.lock() }).to_string())
    }
}

#[async_trait]
impl LivePods for Cluster {
    async fn is_live(&self, _: &str, _: &str, uid: &str) -> Result<bool, LivenessError> {
        Ok(!self.gone.lock().contains(uid))
    }

    fn leaving(&self, uid: &str) -> watch::Receiver<bool> {
        let mut leaving = self.leaving.lock();
        leaving.entry(uid.to_owned()).or_default().subscribe()
    }
}
