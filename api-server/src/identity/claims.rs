//! The claims of a projected service-account token, typed strictly: a claim of the wrong type is a refusal,
//! never an absent claim.

use coffer_domain::{Error, principal::Workload};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// How far our clock and the cluster's may be apart, in seconds.
const LEEWAY: i64 = 10;

/// What must hold of a token beyond its signature.
pub struct Expected<'a> {
    /// Who must have issued it.
    pub issuer: &'a str,
    /// Whom it must be for, among others.
    pub audience: &'a str,
    /// The time now.
    pub now: Timestamp,
}

/// The claims looked at. Others may be there.
#[derive(Debug, Deserialize)]
pub struct Claims {
    iss: String,
    sub: String,
    #[serde(deserialize_with = "audiences")]
    aud: Vec<String>,
    exp: i64,
    #[serde(default, deserialize_with = "integer")]
    nbf: Option<i64>,
    #[serde(default, deserialize_with = "integer")]
    iat: Option<i64>,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes,
}

#[derive(Debug, Deserialize)]
struct Kubernetes {
    namespace: String,
    pod: Named,
    serviceaccount: Named,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
    uid: String,
}

/// One text or a list of texts (RFC 7519, section 4.1.3).
fn audiences<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

/// Called only where the claim is there: null is not a number.
fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(deserializer).map(Some)
}

impl Claims {
    /// The pod, if the claims hold, and when the token ends.
    pub fn check(self, expected: &Expected<'_>) -> Result<(Workload, Timestamp), Error> {
        let refuse = |why| Err(Error::Unauthenticated(why));
        let now = expected.now.as_second();
        if self.iss != expected.issuer {
            return refuse("the token is from another issuer");
        }
        if expected.audience.is_empty() || !self.aud.iter().any(|one| one == expected.audience) {
            return refuse("the token is for another audience");
        }
        if now >= self.exp.saturating_add(LEEWAY) {
            return refuse("the token has expired");
        }
        let earliest = self.nbf.into_iter().chain(self.iat).max();
        if earliest.is_some_and(|from| now < from.saturating_sub(LEEWAY)) {
            return refuse("the token is not valid yet");
        }
        let until = Timestamp::from_second(self.exp.saturating_add(LEEWAY)).unwrap_or(Timestamp::MAX);
        Ok((workload(self.kubernetes, &self.sub)?, until))
    }
}

fn workload(kubernetes: Kubernetes, subject: &str) -> Result<Workload, Error> {
    let Kubernetes {
        namespace,
        pod,
        serviceaccount,
    } = kubernetes;
    let all = [
        &namespace,
        &pod.name,
        &pod.uid,
        &serviceaccount.name,
        &serviceaccount.uid,
    ];
    let stated = format!("system:serviceaccount:{namespace}:{}", serviceaccount.name);
    if all.iter().any(|text| !is_plain(text)) || subject != stated {
        return Err(Error::Unauthenticated("the token is not bound to a pod"));
    }
    Ok(Workload {
        namespace,
        service_account: serviceaccount.name,
        pod: pod.name,
        pod_uid: pod.uid,
    })
}

/// What Kubernetes' names and uids are made of: nothing that could mean something in an address or a log.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}
