//! Profile C: tokens of an issuer that the test itself is.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use coffer_domain::port::Clock;
use coffer_store::SystemClock;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Canonical, fails, keeper::by_either};
use crate::answer::Answer;

by_either! {
    case_63_a_scope_is_for_its_endpoint,
    case_66_what_is_more_takes_its_own_scope,
    case_67_one_token_is_used_again_and_again,
}

pub const ISSUER: &str = "https://idp.example";
pub const API: &str = "openbao+kv2://secret/app/api";

/// A key that signs tokens.
pub struct Issuer {
    id: &'static str,
    key: EncodingKey,
    point: Vec<u8>,
}

impl Issuer {
    pub fn new(id: &'static str) -> Self {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref()).unwrap();
        Self {
            id,
            key: EncodingKey::from_ec_der(der.as_ref()),
            point: pair.public_key().as_ref().to_vec(),
        }
    }

    pub fn jwks(&self) -> Value {
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.id,
            "x": part(&self.point[1..33]), "y": part(&self.point[33..]),
        }]})
    }

    /// What everyone may know of the key, as PEM.
    pub fn public_pem(&self) -> String {
        // What stands before the point of every P-256 key (RFC 5480).
        let head = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
        let der = [hex::decode(head).unwrap(), self.point.clone()].concat();
        let text = base64::prelude::BASE64_STANDARD.encode(der);
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    }

    /// A good token with this scope, after `edit`.
    pub fn token(&self, scope: &str, edit: impl Fn(&mut Value)) -> String {
        let header = Header {
            kid: Some(self.id.to_owned()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, &claims(scope, edit), &self.key).unwrap()
    }
}

pub fn claims(scope: &str, edit: impl Fn(&mut Value)) -> Value {
    let now = SystemClock.now().as_second();
    let mut claims = json!({
        "iss": ISSUER, "sub": "alice", "aud": "crud.secrets", "scope": scope, "iat": now, "exp": now + 3600,
        "jti": "one", "client_id": "ci",
    });
    edit(&mut claims);
    claims
}

/// A door that takes the tokens of an issuer.
pub struct Guarded {
    pub door: Canonical,
    pub issuer: Issuer,
    _keys: tempfile::TempDir,
}

impl Guarded {
    pub async fn start(settings: &[&str]) -> Self {
        let issuer = Issuer::new("k1");
        let keys = tempfile::tempdir().unwrap();
        let file = keys.path().join("jwks.json");
        std::fs::write(&file, issuer.jwks().to_string()).unwrap();
        let usual = [
            "--canonical-environment",
            "dev",
            "--canonical-issuer",
            ISSUER,
            "--canonical-jwks-file",
            file.to_str().unwrap(),
        ];
        let all: Vec<&str> = usual.iter().chain(settings).copied().collect();
        Self {
            door: Canonical::with(&all).await,
            issuer,
            _keys: keys,
        }
    }

    pub async fn get(&self, scope: &str, path: &str) -> Answer {
        let token = self.issuer.token(scope, |_| {});
        self.door.send(Method::GET, Some(&token), path, None).await
    }

    pub async fn post(&self, scope: &str, path: &str, body: Value) -> Answer {
        let token = self.issuer.token(scope, |_| {});
        self.door
            .send(Method::POST, Some(&token), path, Some(body.to_string()))
            .await
    }

    /// What a token, as it is, gets for a read.
    pub async fn read(&self, token: &str) -> Answer {
        let path = format!("/value?uri={API}");
        self.door.send(Method::GET, Some(token), &path, None).await
    }
}

pub fn write() -> Value {
    json!({"uri": API, "value": {"token": "x"}})
}

#[tokio::test]
async fn case_62_without_a_token_there_is_a_challenge() {
    let guarded = Guarded::start(&[]).await;
    let refused = fails(
        guarded.door.get(&format!("/value?uri={API}")).await,
        401,
        "UNAUTHENTICATED",
    );
    assert_eq!(refused.header("www-authenticate"), r#"Bearer realm="secrets""#);
    let refused = fails(guarded.read("a.b.c").await, 401, "UNAUTHENTICATED");
    assert_eq!(
        refused.header("www-authenticate"),
        r#"Bearer realm="secrets", error="invalid_token""#
    );
    fails(guarded.read("coffer_x").await, 401, "UNAUTHENTICATED");
}

async fn case_63_a_scope_is_for_its_endpoint() {
    let guarded = Guarded::start(&[]).await;
    let rotated = guarded
        .post("secrets.rotate", "/rotate", write())
        .await
        .expect(200);
    assert_eq!(
        (&rotated["old_version"], &rotated["new_version"]),
        (&json!(null), &json!(1))
    );
    let refused = fails(
        guarded.post("secrets.rotate", "", write()).await,
        403,
        "INSUFFICIENT_SCOPE",
    );
    assert_eq!(
        refused.header("www-authenticate"),
        r#"Bearer error="insufficient_scope", scope="secrets.write""#
    );
    let path = format!("/metadata/detail?uri={API}");
    let told = guarded.get("secrets.read_metadata", &path).await.expect(200);
    let alice = "auth:account:idp:alice";
    assert_eq!(
        (
            &told["custom_metadata"]["created_by"],
            &told["custom_metadata"]["owner"]
        ),
        (&json!(alice), &json!(alice))
    );
    let audit = guarded
        .get("secrets.read_metadata", "/audit?event=SECRET_ROTATED")
        .await
        .expect(200);
    assert_eq!(
        (
            &audit["items"][0]["subject"]["sub"],
            &audit["items"][0]["token_jti"]
        ),
        (&json!(alice), &json!("one"))
    );
    for scope in [
        json!({"scope": null, "scp": ["secrets.read"]}),
        json!({"scope": null, "scp": "a secrets.read"}),
    ] {
        let token = guarded.issuer.token("", |claims| {
            claims
                .as_object_mut()
                .unwrap()
                .extend(scope.as_object().unwrap().clone());
        });
        guarded.read(&token).await.expect(200);
    }
}

#[tokio::test]
async fn case_64_a_token_is_for_an_audience_if_it_says_so() {
    let guarded = Guarded::start(&[]).await;
    guarded.post("secrets.write", "", write()).await.expect(200);
    let of = |aud: Value| {
        guarded
            .issuer
            .token("secrets.read", move |claims| claims["aud"] = aud.clone())
    };
    fails(
        guarded.read(&of(json!("other"))).await,
        403,
        "SECRET_AUTHZ_FAILED",
    );
    fails(
        guarded.read(&of(json!(["other"]))).await,
        403,
        "SECRET_AUTHZ_FAILED",
    );
    guarded
        .read(&of(json!(["other", "crud.secrets"])))
        .await
        .expect(200);
    let without = guarded.issuer.token("secrets.read", |claims| {
        claims.as_object_mut().unwrap().remove("aud");
    });
    guarded.read(&without).await.expect(200);
    let strict = Guarded::start(&["--canonical-audience-required", "true"]).await;
    let without = strict.issuer.token("secrets.read", |claims| {
        claims.as_object_mut().unwrap().remove("aud");
    });
    fails(strict.read(&without).await, 403, "SECRET_AUTHZ_FAILED");
}

#[tokio::test]
async fn case_65_forged_and_stale_tokens_are_refused() {
    let guarded = Guarded::start(&[]).await;
    let now = SystemClock.now().as_second();
    let edited = |member: &'static str, value: Value| {
        guarded
            .issuer
            .token("secrets.read", move |claims| claims[member] = value.clone())
    };
    let part = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let body = claims("secrets.read", |_| {});
    let unsigned = format!(
        "{}.{}.",
        part(json!({"alg": "none", "kid": "k1"})),
        part(body.clone())
    );
    let symmetric = Header {
        kid: Some("k1".to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    let confused = jsonwebtoken::encode(
        &symmetric,
        &body,
        &EncodingKey::from_secret(&guarded.issuer.point),
    )
    .unwrap();
    let mut bent = guarded.issuer.token("secrets.read", |_| {});
    let last = bent.pop().unwrap();
    bent.push(if last == 'A' { 'Q' } else { 'A' });
    let no_end = guarded.issuer.token("secrets.read", |claims| {
        claims.as_object_mut().unwrap().remove("exp");
    });
    for (what, token) in [
        ("expired", edited("exp", json!(now - 61))),
        ("without an end", no_end),
        ("early", edited("nbf", json!(now + 3600))),
        ("another issuer", edited("iss", json!("https://idp.example/"))),
        ("no subject", edited("sub", json!(""))),
        ("a subject that breaks lines", edited("sub", json!("a\nb"))),
        ("an end that is text", edited("exp", json!("9999999999"))),
        ("unsigned", unsigned),
        ("the public key as a secret", confused),
        ("an unknown key", Issuer::new("k2").token("secrets.read", |_| {})),
        (
            "another key of that name",
            Issuer::new("k1").token("secrets.read", |_| {}),
        ),
        ("bent", bent),
        ("bound in an unknown way", edited("cnf", json!({"jwk": {}}))),
    ] {
        let refused = guarded.read(&token).await;
        assert_eq!(
            (refused.status, &refused["code"]),
            (401, &json!("UNAUTHENTICATED")),
            "{what}"
        );
    }
    fails(
        guarded.read(&guarded.issuer.token("secrets.read", |_| {})).await,
        404,
        "SECRET_NOT_FOUND",
    );
}

async fn case_66_what_is_more_takes_its_own_scope() {
    let guarded = Guarded::start(&[]).await;
    guarded.post("secrets.write", "", write()).await.expect(200);
    let delete = async |scope: &str, query: &str| {
        let token = guarded.issuer.token(scope, |_| {});
        let path = format!("?uri={API}{query}");
        guarded.door.send(Method::DELETE, Some(&token), &path, None).await
    };
    fails(
        delete("secrets.delete", "&destroy=true").await,
        403,
        "INSUFFICIENT_SCOPE",
    );
    fails(delete("secrets.destroy", "").await, 403, "INSUFFICIENT_SCOPE");
    let owner = json!({"uri": API, "owner": "x"});
    fails(
        guarded
            .post("secrets.write", "/metadata/owner", owner.clone())
            .await,
        403,
        "INSUFFICIENT_SCOPE",
    );
    guarded
        .post("secrets.set_owner", "/metadata/owner", owner)
        .await
        .expect(200);
    let copy = json!({"fromUri": API, "toUri": "openbao+kv2://secret/b"});
    for path in ["/copy", "/move"] {
        fails(
            guarded.post("secrets.read", path, copy.clone()).await,
            403,
            "INSUFFICIENT_SCOPE",
        );
        fails(
            guarded.post("secrets.write", path, copy.clone()).await,
            403,
            "INSUFFICIENT_SCOPE",
        );
    }
    guarded
        .post("secrets.read secrets.write", "/copy", copy)
        .await
        .expect(200);
    let moved = json!({"fromUri": API, "toUri": "openbao+kv2://secret/c"});
    guarded
        .post("secrets.read secrets.write", "/move", moved)
        .await
        .expect(200);
    delete("secrets.destroy", "&destroy=true").await.expect(200);
    let bulk = json!({"operations": [
        {"op": "set", "uri": API, "value": {"a": 1}},
        {"op": "destroy", "uri": API},
    ]});
    let done = guarded.post("secrets.write", "/bulk", bulk).await.expect(200);
    assert_eq!(
        (&done["succeeded"], &done["results"][1]["status"]),
        (&json!(1), &json!(403))
    );
    assert_eq!(done["results"][1]["error"]["code"], "INSUFFICIENT_SCOPE");
}

async fn case_67_one_token_is_used_again_and_again() {
    let guarded = Guarded::start(&[]).await;
    let scope = "secrets.rotate secrets.read secrets.read_metadata";
    let token = guarded.issuer.token(scope, |_| {});
    let send = async |method: Method, path: String, body: Option<Value>| {
        let body = body.map(|body| body.to_string());
        guarded
            .door
            .send(method, Some(&token), &path, body)
            .await
            .expect(200)
    };
    send(Method::POST, "/rotate".to_owned(), Some(write())).await;
    send(Method::GET, format!("/value?uri={API}"), None).await;
    send(Method::GET, format!("/value?uri={API}"), None).await;
    send(Method::GET, format!("/versions?uri={API}"), None).await;
}

#[tokio::test]
async fn a_token_is_for_the_tenant_that_it_names() {
    let map = r#"{"default": ["secret"]}"#;
    let guarded = Guarded::start(&["--canonical-mount-map", map]).await;
    fails(
        guarded.get("secrets.read", &format!("/value?uri={API}")).await,
        400,
        "TENANT_MOUNT_MISMATCH",
    );
    let of = |tenant: &'static str| {
        guarded
            .issuer
            .token("secrets.read", move |claims| claims["tenant_id"] = json!(tenant))
    };
    fails(guarded.read(&of("other")).await, 400, "TENANT_MOUNT_MISMATCH");
    fails(guarded.read(&of("default")).await, 404, "SECRET_NOT_FOUND");
}
