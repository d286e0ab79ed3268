//! A cluster that signs service-account tokens: its keys, its pods, and tokens right and wrong.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use coffer_api_server::identity::{
    ClusterKeys, IdentityOptions, KeyRing, KeysError, LivePods, LivenessError, WorkloadIdentity,
};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde_json::{Value, json};

pub const ISSUER: &str = "https://kubernetes.default.svc";
pub const AUDIENCE: &str = "coffer";

/// A signing key of the cluster.
pub struct SigningKey {
    pub id: String,
    encoding: EncodingKey,
    jwk: Value,
}

impl SigningKey {
    /// A new P-256 key.
    pub fn p256(id: &str) -> Self {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &aws_lc_rs::rand::SystemRandom::new())
                .unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let point = pair.public_key().as_ref();
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id,
            "x": part(&point[1..33]), "y": part(&point[33..]),
        });
        Self { id: id.to_owned(), encoding: EncodingKey::from_ec_der(pkcs8.as_ref()), jwk }
    }

    /// Signs `claims` under this key's id.
    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, claims, &self.encoding).unwrap()
    }
}

/// The cluster's side of the ports.
pub struct Cluster {
    pub key: SigningKey,
    published: Mutex<Vec<Value>>,
    pub fetches: AtomicUsize,
    gone: Mutex<HashSet<String>>,
}

impl Cluster {
    pub fn new() -> Arc<Self> {
        let key = SigningKey::p256("first");
        let published = Mutex::new(vec![key.jwk.clone()]);
        Arc::new(Self { key, published, fetches: AtomicUsize::new(0), gone: Mutex::default() })
    }

    /// Publishes another key beside those there are.
    pub fn publish(&self, key: &SigningKey) {
        self.published.lock().push(key.jwk.clone());
    }

    /// A pod that stops.
    pub fn stop_pod(&self, uid: &str) {
        self.gone.lock().insert(uid.to_owned());
    }

    pub fn identity(self: &Arc<Self>) -> Arc<WorkloadIdentity> {
        let options = IdentityOptions { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned() };
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
}
