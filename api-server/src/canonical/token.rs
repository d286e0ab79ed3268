//! Access tokens of the configured issuer (RFC 7519, RFC 9068): signature, claims, and what they amount to here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{Door, error::Failure, sender::Bound};
use crate::identity::signed_by;

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 60;
/// The longest name of a subject.
const LONGEST_NAME: usize = 256;

/// What a valid token says.
#[derive(Debug, Clone)]
pub struct Token {
    /// Whose it is: `auth:account:<issuer's name>:<sub>`.
    pub subject: String,
    /// What it may be used for.
    pub scopes: BTreeSet<String>,
    /// The tenant it is for, where it says so.
    pub tenant: Option<String>,
    /// Its id.
    pub id: Option<String>,
    /// On whose behalf others act.
    pub act: Option<Value>,
    /// What it is bound to.
    pub bound: Bound,
    /// To which client it was given.
    pub client: Option<String>,
    /// Whom it is for, as far as it says.
    pub audience: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    aud: Option<OneOrMany>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    scp: Option<OneOrMany>,
    #[serde(default)]
    jti: Option<String>,
    #[serde(default)]
    cnf: Option<Value>,
    #[serde(default)]
    act: Option<Value>,
    #[serde(default)]
    tenant_id: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    azp: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    /// Each text; a single one is split at spaces.
    fn words(self) -> Vec<String> {
        match self {
            Self::One(one) => one.split_ascii_whitespace().map(str::to_owned).collect(),
            Self::Many(many) => many,
        }
    }
}

/// The one answer until the signature holds.
fn refused() -> Failure {
    Failure::unauthenticated("the token is not valid", true)
}

/// Reads a token that must be valid at `now`.
pub async fn read(door: &Door, text: &str, now: Timestamp) -> Result<Token, Failure> {
    let (Some(issuer), Some(keys)) = (&door.settings.issuer, &door.keys) else {
        return Err(refused());
    };
    let header = jsonwebtoken::decode_header(text).map_err(|_| refused())?;
    let plain = header.crit.is_none() && header.enc.is_none() && header.zip.is_none();
    let known = door.settings.sender.algorithms.contains(&header.alg);
    let id = header
        .kid
        .as_deref()
        .filter(|id| plain && known && !id.is_empty());
    let key = keys.find(id.ok_or_else(refused)?).await.ok_or_else(refused)?;
    let rules = signed_by(&key.algorithms);
    let read = jsonwebtoken::decode::<Claims>(text, &key.key, &rules).map_err(|_| refused())?;
    check(door, issuer, read.claims, now.as_second())
}

fn check(door: &Door, issuer: &str, claims: Claims, now: i64) -> Result<Token, Failure> {
    let earliest = claims.nbf.into_iter().chain(claims.iat).max();
    let early = earliest.is_some_and(|from| now < from.saturating_sub(LEEWAY));
    if claims.iss != issuer || early || now >= claims.exp.saturating_add(LEEWAY) {
        return Err(refused());
    }
    let Some(bound) = Bound::read(claims.cnf.as_ref()) else {
        let message = "the token is bound to its sender in a way that is not known here";
        return Err(Failure::unauthenticated(message, true));
    };
    let audience = audience(door, claims.aud)?;
    let scopes = claims.scope.map(OneOrMany::One).into_iter().chain(claims.scp);
    Ok(Token {
        subject: subject(&door.settings.idp, &claims.sub)?,
        scopes: scopes.flat_map(OneOrMany::words).collect(),
        tenant: claims.tenant_id,
        id: claims.jti,
        act: claims.act,
        bound,
        client: claims.client_id.or(claims.azp),
        audience,
    })
}

/// Whether it is for us. That it is for somebody else is a refusal of a subject that is known.
fn audience(door: &Door, stated: Option<OneOrMany>) -> Result<Vec<String>, Failure> {
    let absent = stated.is_none();
    let stated = match stated {
        None => Vec::new(),
        Some(OneOrMany::One(one)) => vec![one],
        Some(OneOrMany::Many(many)) => many,
    };
    let good = stated.contains(&door.settings.audience) || (absent && !door.settings.audience_required);
    good.then_some(stated)
        .ok_or_else(|| Failure::new(403, "SECRET_AUTHZ_FAILED", "the token is for another audience"))
}

/// The name of a subject: nothing that could mean something else in a log.
fn subject(idp: &str, sub: &str) -> Result<String, Failure> {
    let plain =
        !sub.is_empty() && sub.len() <= LONGEST_NAME && sub.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain {
        return Err(refused());
    }
    Ok(if sub.starts_with("auth:") {
        sub.to_owned()
    } else {
        format!("auth:account:{idp}:{sub}")
    })
}
