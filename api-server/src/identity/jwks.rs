//! The cluster's public keys, kept in memory. A token with an unknown key id has them fetched anew, at most
//! every ten seconds, so that a flood of forged tokens is no flood of requests.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use thiserror::Error;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::ClusterKeys;

/// At most one fetch in this time.
const BETWEEN_FETCHES: Duration = Duration::from_secs(10);
/// Keys older than this are fetched anew when next used, so that a withdrawn key does not work for ever.
const FRESH: Duration = Duration::from_mins(10);
/// How long the source may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The key set could not be had.
#[derive(Debug, Error)]
#[error("cannot get the cluster's keys: {0}")]
pub struct KeysError(pub String);

/// A key, and what it is for.
#[derive(Clone)]
pub struct VerifyingKey {
    /// Allowed with this key, and nothing else is. There is one at least.
    pub algorithms: Vec<Algorithm>,
    /// The key.
    pub key: DecodingKey,
}

#[derive(Default)]
struct Keys {
    by_id: HashMap<String, VerifyingKey>,
    fetched: Option<Instant>,
}

/// The keys, and where they come from.
pub struct KeyRing {
    source: Arc<dyn ClusterKeys>,
    allowed: Vec<Algorithm>,
    keys: ArcSwap<Keys>,
    /// When the source was last asked; held while it is.
    asked: Mutex<Option<Instant>>,
    loaded: AtomicBool,
}

impl KeyRing {
    /// From `source`, nothing fetched yet: RSA keys for RS256 and P-256 keys for ES256.
    pub fn new(source: Arc<dyn ClusterKeys>) -> Self {
        Self::taking(source, &[Algorithm::RS256, Algorithm::ES256])
    }

    /// From `source`, nothing fetched yet: keys for these algorithms, of those that [`usable`] knows.
    pub fn taking(source: Arc<dyn ClusterKeys>, allowed: &[Algorithm]) -> Self {
        Self {
            source,
            allowed: allowed.to_vec(),
            keys: ArcSwap::default(),
            asked: Mutex::new(None),
            loaded: AtomicBool::new(false),
        }
    }

    /// Whether there has ever been a key set.
    pub fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Relaxed)
    }

    /// The key of this id.
    pub async fn find(&self, id: &str) -> Option<VerifyingKey> {
        let now = Instant::now();
        let keys = self.keys.load();
        let fresh = keys.fetched.is_some_and(|at| now.duration_since(at) < FRESH);
        match keys.by_id.get(id) {
            // While another request asks the source, the key that there is serves.
            Some(key) if fresh || self.asked.try_lock().is_err() => Some(key.clone()),
            _ => {
                drop(keys);
                self.refresh().await;
                self.keys.load().by_id.get(id).cloned()
            }
        }
    }

    /// Fetches the keys, unless that was done just now. Those there are stay if it fails.
    pub async fn refresh(&self) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < BETWEEN_FETCHES) {
            return;
        }
        *asked = Some(Instant::now());
        match self.fetch().await {
            Ok(by_id) => {
                self.keys.store(Arc::new(Keys {
                    by_id,
                    fetched: Some(Instant::now()),
                }));
                self.loaded.store(true, Ordering::Relaxed);
            }
            Err(error) => tracing::warn!(%error, "the keys that there are stay in use"),
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, VerifyingKey>, KeysError> {
        let slow = |_| KeysError("the source does not answer".to_owned());
        let text = timeout(PATIENCE, self.source.fetch()).await.map_err(slow)??;
        let set: JwkSet =
            serde_json::from_str(&text).map_err(|_| KeysError("it is not a JSON Web Key Set".to_owned()))?;
        let keys: HashMap<_, _> = set
            .keys
            .iter()
            .filter_map(|jwk| usable(jwk, &self.allowed))
            .collect();
        if keys.is_empty() {
            return Err(KeysError(
                "none of them is a signing key of a known kind with an id".to_owned(),
            ));
        }
        Ok(keys)
    }
}

/// A key that we take, with an id, for signatures: RSA for RS256 and PS256, P-256 for ES256, Ed25519 for `EdDSA`; for
/// those of them that are allowed, or the one that it says itself.
fn usable(jwk: &Jwk, allowed: &[Algorithm]) -> Option<(String, VerifyingKey)> {
    let possible: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            &[Algorithm::ES256]
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            &[Algorithm::EdDSA]
        }
        _ => return None,
    };
    let common = &jwk.common;
    let meant = |algorithm: &Algorithm| {
        let stated = common.key_algorithm;
        allowed.contains(algorithm) && stated.is_none_or(|stated| stated == KeyAlgorithm::from(*algorithm))
    };
    let algorithms: Vec<Algorithm> = possible.iter().copied().filter(meant).collect();
    let signs = common
        .public_key_use
        .as_ref()
        .is_none_or(|given| *given == PublicKeyUse::Signature);
    let fits = signs && !algorithms.is_empty();
    let id = common.key_id.clone().filter(|id| fits && !id.is_empty())?;
    Some((
        id,
        VerifyingKey {
            algorithms,
            key: DecodingKey::from_jwk(jwk).ok()?,
        },
    ))
}

/// Rules for the signature of a token, by one of these algorithms. Its claims are for their readers' own types and
/// clocks: nothing of them is looked at.
pub fn signed_by(algorithms: &[Algorithm]) -> Validation {
    let mut rules = Validation::new(Algorithm::RS256);
    rules.algorithms = algorithms.to_vec();
    rules.required_spec_claims.clear();
    (rules.validate_exp, rules.validate_nbf, rules.validate_aud) = (false, false, false);
    rules
}
