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
    Algorithm, DecodingKey,
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

/// A key, and the one algorithm that it is for.
#[derive(Clone)]
pub struct VerifyingKey {
    /// Allowed with this key, and nothing else is.
    pub algorithm: Algorithm,
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
    keys: ArcSwap<Keys>,
    /// When the source was last asked; held while it is.
    asked: Mutex<Option<Instant>>,
    loaded: AtomicBool,
}

impl KeyRing {
    /// From `source`, nothing fetched yet.
    pub fn new(source: Arc<dyn ClusterKeys>) -> Self {
        Self {
            source,
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
        let keys: HashMap<_, _> = set.keys.iter().filter_map(usable).collect();
        if keys.is_empty() {
            return Err(KeysError(
                "none of them is an RSA or P-256 signing key with an id".to_owned(),
            ));
        }
        Ok(keys)
    }
}

/// A key that we take: RSA for RS256, P-256 for ES256, with an id, for signatures.
fn usable(jwk: &Jwk) -> Option<(String, VerifyingKey)> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    let stated = match algorithm {
        Algorithm::RS256 => KeyAlgorithm::RS256,
        _ => KeyAlgorithm::ES256,
    };
    let common = &jwk.common;
    let fits = common.key_algorithm.is_none_or(|given| given == stated)
        && common
            .public_key_use
            .as_ref()
            .is_none_or(|given| *given == PublicKeyUse::Signature);
    let id = common.key_id.clone().filter(|id| fits && !id.is_empty())?;
    Some((
        id,
        VerifyingKey {
            algorithm,
            key: DecodingKey::from_jwk(jwk).ok()?,
        },
    ))
}
