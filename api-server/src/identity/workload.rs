//! Verifies a pod's token: the signature, the claims, and that the pod runs.

use std::sync::Arc;

use coffer_domain::{Error, principal::Workload};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header};
use tokio::sync::watch;

use super::{
    KeyRing, LivePods, LivenessError,
    claims::{Claims, Expected},
    jwks::{VerifyingKey, signed_by},
};

/// The one answer to everything before the signature holds: an attacker learns nothing from it.
const NOT_VALID: Error = Error::Unauthenticated("the service-account token is not valid");

/// Whose tokens are taken, and for whom they must be.
#[derive(Debug, Clone)]
pub struct IdentityOptions {
    /// The cluster's issuer, as it stands in its tokens.
    pub issuer: String,
    /// Our audience, which must be an exact member of the token's.
    pub audience: String,
}

/// A verified token.
#[derive(Debug)]
pub struct Verified {
    /// The pod.
    pub workload: Workload,
    /// When the token ends, the leeway included.
    pub until: Timestamp,
}

/// The verifier.
pub struct WorkloadIdentity {
    options: IdentityOptions,
    keys: KeyRing,
    pods: Arc<dyn LivePods>,
}

impl WorkloadIdentity {
    /// For tokens signed with `keys` and held by `pods`.
    pub fn new(options: IdentityOptions, keys: KeyRing, pods: Arc<dyn LivePods>) -> Self {
        Self { options, keys, pods }
    }

    /// Whether there are keys to verify with; asks for them if not.
    pub async fn is_ready(&self) -> bool {
        if !self.keys.is_loaded() {
            self.keys.refresh().await;
        }
        self.keys.is_loaded()
    }

    /// The live pod that holds `token`, if it is valid at `now`.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, Error> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| NOT_VALID)?;
        let id = acceptable(&header).ok_or(NOT_VALID)?;
        let key = self.keys.find(id).await.ok_or(NOT_VALID)?;
        let claims = signed_claims(token, &key)?;
        let IdentityOptions { issuer, audience } = &self.options;
        let (workload, until) = claims.check(&Expected {
            issuer,
            audience,
            now,
        })?;
        match self.is_live(&workload).await {
            Ok(true) => Ok(Verified { workload, until }),
            Ok(false) => Err(Error::Unauthenticated(
                "the pod of this token does not run any more",
            )),
            Err(error) => Err(Error::Unavailable(error.to_string())),
        }
    }

    /// Whether a pod runs.
    pub async fn is_live(&self, pod: &Workload) -> Result<bool, LivenessError> {
        self.pods.is_live(&pod.namespace, &pod.pod, &pod.pod_uid).await
    }

    /// Turns `true` when a pod is being deleted.
    pub fn leaving(&self, pod: &Workload) -> watch::Receiver<bool> {
        self.pods.leaving(&pod.pod_uid)
    }
}

/// The key id of a header that asks for nothing unusual. Keys or addresses of keys in it are not looked at,
/// and extensions that must be understood are not.
fn acceptable(header: &Header) -> Option<&str> {
    let plain = header.crit.is_none() && header.enc.is_none() && header.zip.is_none();
    let known = matches!(header.alg, Algorithm::RS256 | Algorithm::ES256);
    header
        .kid
        .as_deref()
        .filter(|id| plain && known && !id.is_empty())
}

fn signed_claims(token: &str, key: &VerifyingKey) -> Result<Claims, Error> {
    let decoded = jsonwebtoken::decode::<Claims>(token, &key.key, &signed_by(&key.algorithms));
    decoded.map(|data| data.claims).map_err(|_| NOT_VALID)
}
