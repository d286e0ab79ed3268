//! Sending a browser away for consent and knowing it again: a signed state of ten minutes (RFC 6749, section 10.12)
//! says what the consent is for, and a cookie that only this browser has keeps others from finishing what it
//! began, or from having it finish what they began.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{COOKIE, USER_AGENT},
};
use coffer_domain::{Error, id::UserId, integration::Provider, port::Entropy, secret_value::SecretValue};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a browser may be away.
pub const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Not the issuer of tokens: a state opens nothing.
const ISSUER: &str = "keyway-state";
const COOKIE_NAME: &str = "keyway_began";
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// What a browser was sent away for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "lowercase")]
pub enum Purpose {
    /// To approve a device code.
    Device {
        /// The code that people see.
        code: String,
    },
    /// To connect with a provider.
    Connect {
        /// In whose name.
        user: UserId,
        /// With whom.
        provider: Provider,
        /// Where the browser goes in the end.
        back: Option<String>,
    },
}

/// What a state says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    iss: String,
    exp: i64,
    /// The digest of the browser's cookie.
    browser: String,
    /// Where the provider was told to send the browser: asked for again when the code is exchanged.
    pub callback: String,
    /// What for.
    pub purpose: Purpose,
}

/// A browser that is sent away.
#[derive(Debug)]
pub struct Sent {
    /// The state that it takes along.
    pub state: String,
    /// The `Set-Cookie` header that it is known by when it comes back.
    pub cookie: HeaderValue,
}

/// Sends a browser away.
pub fn send(
    (key, entropy): (&SecretValue, &dyn Entropy),
    (purpose, callback): (Purpose, String),
    path: &str,
    now: Timestamp,
) -> Result<Sent, Error> {
    let broken = || Error::Internal("a state cannot be signed".to_owned());
    let mut nonce = [0; 32];
    entropy.fill(&mut nonce);
    let nonce = hex::encode(nonce);
    let ends = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
    let secure = if callback.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    let state = State {
        iss: ISSUER.to_owned(),
        exp: ends.as_second(),
        browser: digest(&nonce),
        callback,
        purpose,
    };
    let header = Header::new(Algorithm::HS256);
    let signed = encode(&header, &state, &EncodingKey::from_secret(key.reveal())).map_err(|_| broken())?;
    let cookie = format!(
        "{COOKIE_NAME}={nonce}; Path={path}; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
        LIFE.as_secs()
    );
    Ok(Sent {
        state: signed,
        cookie: HeaderValue::from_str(&cookie).map_err(|_| broken())?,
    })
}

/// What a browser that comes back was sent away for; `None` if the state is not ours, is over, or is another
/// browser's. A program that is no browser has no cookies, and nobody whom it could be tricked into acting for.
pub fn read(key: &SecretValue, state: &str, headers: &HeaderMap, now: Timestamp) -> Option<State> {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[ISSUER]);
    rules.set_required_spec_claims(&["iss", "exp"]);
    // By our own clock, below.
    rules.validate_exp = false;
    rules.validate_aud = false;
    let read = decode::<State>(state, &DecodingKey::from_secret(key.reveal()), &rules);
    let state = read.ok()?.claims;
    let same = match cookie(headers) {
        Some(nonce) => digest(nonce) == state.browser,
        None => !is_browser(headers),
    };
    (now.as_second() < state.exp && same).then_some(state)
}

fn digest(nonce: &str) -> String {
    hex::encode(Sha256::digest(nonce))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|all| all.to_str().ok());
    all.flat_map(|all| all.split(';')).find_map(|one| {
        let (name, value) = one.trim().split_once('=')?;
        (name == COOKIE_NAME).then_some(value)
    })
}

/// Every browser calls itself Mozilla, and those of today say how they fetch.
fn is_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    agent.is_some_and(|agent| agent.starts_with("Mozilla/")) || headers.contains_key(FETCH_MODE)
}

#[cfg(test)]
mod tests {
    use coffer_domain::testkit::SeededEntropy;

    use super::*;

    fn away(now: Timestamp) -> (Sent, SecretValue) {
        let key = SecretValue::new([7; 32]);
        let purpose = Purpose::Device {
            code: "ABCDE-FGHJK".into(),
        };
        let entropy = SeededEntropy::new(7);
        let sent = send(
            (&key, &entropy),
            (purpose, "https://keyway.example/v1/auth/callback".into()),
            "/v1/auth",
            now,
        );
        (sent.unwrap(), key)
    }

    fn browser(cookie: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static("Mozilla/5.0 (X11; Linux x86_64)"),
        );
        if let Some(cookie) = cookie {
            headers.insert(COOKIE, HeaderValue::from_str(&format!("a=b; {cookie}")).unwrap());
        }
        headers
    }

    #[test]
    fn a_browser_is_known_by_its_cookie_until_the_state_is_over() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let (sent, key) = away(now);
        let set = sent.cookie.to_str().unwrap();
        assert!(set.contains("HttpOnly; SameSite=Lax; Secure"), "{set}");
        let pair = set.split(';').next();
        let found = read(&key, &sent.state, &browser(pair), now).unwrap();
        assert_eq!(
            found.purpose,
            Purpose::Device {
                code: "ABCDE-FGHJK".into()
            }
        );
        assert!(
            read(&key, &sent.state, &browser(None), now).is_none(),
            "another browser"
        );
        assert!(read(&key, &sent.state, &browser(Some("keyway_began=00")), now).is_none());
        let later = now + LIFE;
        assert!(
            read(&key, &sent.state, &browser(pair), later).is_none(),
            "too late"
        );
        assert!(read(&SecretValue::new([8; 32]), &sent.state, &browser(pair), now).is_none());
    }

    #[test]
    fn what_is_no_browser_has_no_cookie_and_a_state_is_no_token() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let (sent, key) = away(now);
        assert!(read(&key, &sent.state, &HeaderMap::new(), now).is_some());
        let mut fetching = HeaderMap::new();
        fetching.insert(FETCH_MODE, HeaderValue::from_static("navigate"));
        assert!(read(&key, &sent.state, &fetching, now).is_none());
        assert!(crate::keyway::jwt::read(&key, &sent.state, now).is_err());
    }
}
