//! This door's own tokens: HS256 JWTs (RFC 7519) for thirty days, signed with a key that the store keeps.

use coffer_domain::{Error, forge::ForgeUser, id::UserId, secret_value::SecretValue};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

const ISSUER: &str = "keyway-api";

/// How long one works.
pub const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

const REFUSED: Error = Error::Unauthenticated("the token is not valid");

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    iss: String,
    sub: String,
    iat: i64,
    exp: i64,
    forge_type: String,
    forge_user_id: String,
    username: String,
}

/// Whether a text has the form of a JWT: such a one is never shown to the forge.
pub fn looks_like(token: &str) -> bool {
    token.starts_with("eyJ") && token.matches('.').count() == 2
}

/// A token for a user, and when it ends.
pub fn issue(
    key: &SecretValue,
    id: UserId,
    user: &ForgeUser,
    now: Timestamp,
) -> Result<(SecretValue, Timestamp), Error> {
    let ends = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: id.to_string(),
        iat: now.as_second(),
        exp: ends.as_second(),
        forge_type: "github".to_owned(),
        forge_user_id: user.id.to_string(),
        username: user.login.clone(),
    };
    let token = encode(
        &Header::new(Algorithm::HS256),
        &claims,
        &EncodingKey::from_secret(key.reveal()),
    );
    let token = token.map_err(|_| Error::Internal("a token cannot be signed".to_owned()))?;
    Ok((SecretValue::from(token), ends))
}

/// The user that a token is for, if it is ours and works at `now`.
pub fn read(key: &SecretValue, token: &str, now: Timestamp) -> Result<UserId, Error> {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[ISSUER]);
    rules.set_required_spec_claims(&["iss", "sub", "exp"]);
    // By our own clock, below.
    rules.validate_exp = false;
    rules.validate_aud = false;
    let read = decode::<Claims>(token, &DecodingKey::from_secret(key.reveal()), &rules);
    let claims = read.map_err(|_| REFUSED)?.claims;
    if now.as_second() >= claims.exp {
        return Err(REFUSED);
    }
    claims.sub.parse().map_err(|_| REFUSED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> ForgeUser {
        ForgeUser {
            id: 12345,
            login: "octocat".into(),
            email: None,
            avatar: String::new(),
        }
    }

    #[test]
    fn a_token_works_for_thirty_days_under_its_own_key() {
        let (key, id) = (SecretValue::new([7; 32]), UserId::of("keyway", "12345"));
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let (token, ends) = issue(&key, id, &user(), now).unwrap();
        let text = std::str::from_utf8(token.reveal()).unwrap();
        assert!(looks_like(text));
        assert_eq!(read(&key, text, now).unwrap(), id);
        assert_eq!(ends.as_second() - now.as_second(), 30 * 24 * 3600);
        assert!(read(&key, text, ends).is_err());
        assert!(read(&SecretValue::new([8; 32]), text, now).is_err());
    }

    #[test]
    fn nothing_but_our_own_algorithm_and_issuer_is_taken() {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
        let (key, now) = (SecretValue::new([7; 32]), Timestamp::UNIX_EPOCH);
        let body = r#"{"iss":"keyway-api","sub":"00000000-0000-8000-8000-000000000000","iat":0,"exp":9999999999,"forgeType":"github","forgeUserId":"1","username":"x"}"#;
        let unsigned = format!(
            "{}.{}.",
            B64.encode(r#"{"alg":"none","typ":"JWT"}"#),
            B64.encode(body)
        );
        assert!(read(&key, &unsigned, now).is_err());
        let foreign = Claims {
            iss: "other".into(),
            ..serde_json::from_str(body).unwrap()
        };
        let foreign = encode(
            &Header::default(),
            &foreign,
            &EncodingKey::from_secret(key.reveal()),
        )
        .unwrap();
        assert!(read(&key, &foreign, now).is_err());
    }
}
