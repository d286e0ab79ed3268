//! Proofs that a sender holds the key that its token is bound to (RFC 9449, section 4).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, KeyAlgorithm, ThumbprintHash},
};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::identity::signed_by;

/// How far the proof's time may be from ours, in seconds.
const LEEWAY: f64 = 60.0;

/// What a proof must be for.
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's address, in each way that a client may write it.
    pub targets: &'a [Url],
    /// The token that it comes with.
    pub token: &'a str,
    /// The thumbprint of the key that the token is bound to.
    pub key: &'a str,
    /// By which algorithms it may be signed.
    pub algorithms: &'a [Algorithm],
    /// The time now.
    pub now: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    htm: String,
    htu: String,
    iat: f64,
    jti: String,
    #[serde(default)]
    ath: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
}

/// A proof that was found good.
#[derive(Debug)]
pub struct Proof {
    /// Its id.
    pub id: String,
    /// The server's nonce that it carries.
    pub nonce: Option<String>,
}

/// Reads a proof, or says what is wrong with it.
pub fn read(text: &str, expected: &Expected<'_>) -> Result<Proof, &'static str> {
    let (algorithm, jwk) = header(text, expected.algorithms)?;
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| "carries no key that is known here")?;
    let read = jsonwebtoken::decode::<Claims>(text, &key, &signed_by(&[algorithm]))
        .map_err(|_| "is not signed by the key that it carries")?;
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).ok();
    if thumbprint.as_deref() != Some(expected.key) {
        return Err("is by another key than the token's");
    }
    check(read.claims, expected)
}

/// The algorithm and the key that a proof carries.
fn header(text: &str, allowed: &[Algorithm]) -> Result<(Algorithm, Jwk), &'static str> {
    let header = jsonwebtoken::decode_header(text).map_err(|_| "is no JSON Web Token of a known kind")?;
    let typed = header
        .typ
        .as_deref()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("dpop+jwt"));
    if !typed {
        return Err("must be of the type dpop+jwt");
    }
    if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
        return Err("asks for what is not known here");
    }
    if !allowed.contains(&header.alg) {
        return Err("is signed by an algorithm that is not taken");
    }
    let jwk = header.jwk.ok_or("must carry its public key")?;
    let stated = jwk.common.key_algorithm;
    if stated.is_some_and(|stated| stated != KeyAlgorithm::from(header.alg)) {
        return Err("carries a key for another algorithm");
    }
    if carries_private(text) {
        return Err("carries a private key, which is then known to others");
    }
    Ok((header.alg, jwk))
}

/// Whether the key in the header has more than its public part (RFC 7518, section 6).
fn carries_private(text: &str) -> bool {
    const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let first = text.split('.').next().unwrap_or_default();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(first).unwrap_or_default();
    let header: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    PRIVATE.iter().any(|name| header["jwk"].get(name).is_some())
}

fn check(claims: Claims, expected: &Expected<'_>) -> Result<Proof, &'static str> {
    if claims.htm != expected.method {
        return Err("is for another method");
    }
    if !plain(&claims.htu).is_some_and(|target| expected.targets.contains(&target)) {
        return Err("is for another address");
    }
    let seconds = expected.now.as_duration().as_secs_f64();
    let timely = (seconds - claims.iat).abs() <= LEEWAY;
    if !timely {
        return Err("is not of this time");
    }
    let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(expected.token));
    if claims.ath.as_deref() != Some(hash.as_str()) {
        return Err("is for another token");
    }
    let id = Some(claims.jti).filter(|id| !id.is_empty()).ok_or("has no id")?;
    let nonce = claims.nonce;
    Ok(Proof { id, nonce })
}

/// An address without query and fragment; `None`: it is none, or names a user.
pub fn plain(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let named = !url.username().is_empty() || url.password().is_some();
    url.set_query(None);
    url.set_fragment(None);
    (matches!(url.scheme(), "http" | "https") && !named).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(targets: &[Url]) -> Expected<'_> {
        Expected {
            method: "GET",
            targets,
            token: "token",
            key: "",
            algorithms: &[Algorithm::ES256],
            now: Timestamp::from_second(1_000).unwrap(),
        }
    }

    fn claims() -> Claims {
        Claims {
            htm: "GET".to_owned(),
            htu: "https://secrets.example/canonical/api/secrets/value".to_owned(),
            iat: 1_000.0,
            jti: "one".to_owned(),
            ath: Some(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest("token"))),
            nonce: None,
        }
    }

    #[test]
    fn a_proof_is_for_one_request_at_one_time() {
        let targets = [plain("https://secrets.example/canonical/api/secrets/value").unwrap()];
        let holds = |edit: &dyn Fn(&mut Claims)| {
            let mut claims = claims();
            edit(&mut claims);
            check(claims, &expected(&targets)).is_ok()
        };
        let good: [&dyn Fn(&mut Claims); 6] = [
            &|_| {},
            &|claims| claims.iat = 940.0,
            &|claims| claims.iat = 1_060.0,
            &|claims| claims.htu.push_str("?uri=x#y"),
            &|claims| claims.htu = claims.htu.replace("secrets.example", "SECRETS.example:443"),
            &|claims| claims.iat = 999.5,
        ];
        for (at, edit) in good.iter().enumerate() {
            assert!(holds(edit), "good one {at}");
        }
        let bad: [&dyn Fn(&mut Claims); 11] = [
            &|claims| claims.htm = "POST".to_owned(),
            &|claims| claims.htm = "get".to_owned(),
            &|claims| claims.htu = claims.htu.replace("https", "http"),
            &|claims| claims.htu = claims.htu.replace(".example", ".example:8443"),
            &|claims| claims.htu = claims.htu.replace("secrets.example", "u@secrets.example"),
            &|claims| claims.htu.push('/'),
            &|claims| claims.iat = 939.0,
            &|claims| claims.iat = 1_061.0,
            &|claims| claims.iat = f64::NAN,
            &|claims| claims.ath = None,
            &|claims| claims.jti.clear(),
        ];
        for (at, edit) in bad.iter().enumerate() {
            assert!(!holds(edit), "bad one {at}");
        }
    }
}
