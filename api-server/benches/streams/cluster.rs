//! A cluster's signing key, and the tokens of its pods.

use std::path::Path;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use coffer_domain::port::Clock;
use coffer_store::SystemClock;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

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

    /// The token of a pod.
    pub fn token(&self, pod: u32) -> String {
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
}
