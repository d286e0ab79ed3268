//! A cluster's signing key, and the tokens of its pods.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use serde_json::json;

/// The issuer of the pods' tokens.
pub const ISSUER: &str = "https://cluster.bench.example";
const KEY_ID: &str = "bench";
/// How long a token lasts, in seconds: longer than a run.
const LIFE: i64 = 6 * 3600;
/// Bytes of a P-256 coordinate (SEC 1, section 2.3.3).
const COORDINATE: usize = 32;

/// Signs tokens.
pub struct Cluster(EncodingKey);

impl Cluster {
    /// With a new key, whose public half is written to the file `jwks` (RFC 7517).
    pub fn publish(jwks: &Path) -> Result<Self> {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let point = pair.der_bytes();
        ensure!(
            point.len() == 1 + 2 * COORDINATE,
            "the public key is no whole point"
        );
        let (x, y) = point[1..].split_at(COORDINATE);
        let [x, y] = [x, y].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        let key = json!({"kty": "EC", "crv": "P-256", "kid": KEY_ID, "x": x, "y": y});
        std::fs::write(jwks, json!({ "keys": [key] }).to_string()).context("write the key set")?;
        Ok(Self(EncodingKey::from_ec_der(&pair.serialize_der())))
    }

    /// The token of a pod, as kubelet would project it.
    pub fn token(&self, pod: u32) -> Result<String> {
        let header = Header {
            kid: Some(KEY_ID.to_owned()),
            ..Header::new(Algorithm::ES256)
        };
        let claims = json!({
            "iss": ISSUER,
            "sub": "system:serviceaccount:bench:app",
            "aud": ["coffer"],
            "exp": now().as_second() + LIFE,
            "kubernetes.io": {
                "namespace": "bench",
                "pod": {"name": format!("pod-{pod}"), "uid": format!("uid-{pod}")},
                "serviceaccount": {"name": "app", "uid": "uid-app"},
            },
        });
        Ok(jsonwebtoken::encode(&header, &claims, &self.0)?)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "compared with the times that the server notes"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}
