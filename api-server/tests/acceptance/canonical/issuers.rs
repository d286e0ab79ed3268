//! Issuers that say themselves where their keys are, and every algorithm that tokens are signed by.

use std::sync::Arc;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair},
};
use axum::{Json, Router, extract::State, routing::get};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{
    Canonical,
    bearer::{API, Issuer, claims},
    fails,
};
use crate::answer::Answer;

/// What an issuer publishes: its description, and its keys.
type Published = Arc<Mutex<(Value, Value)>>;

/// An issuer on this machine: its address, and what it publishes.
async fn issuer(keys: Value) -> (String, Published) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/realm", listener.local_addr().unwrap());
    let description = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
    let published: Published = Arc::new(Mutex::new((description, json!({ "keys": keys }))));
    let describe = async |State(all): State<Published>| Json(all.lock().0.clone());
    let show = async |State(all): State<Published>| Json(all.lock().1.clone());
    let router = Router::new()
        .route("/realm/.well-known/openid-configuration", get(describe))
        .route("/realm/keys", get(show))
        .with_state(Arc::clone(&published));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, published)
}

async fn door(url: &str, settings: &[&str]) -> Canonical {
    let usual = ["--canonical-environment", "dev", "--canonical-issuer", url];
    Canonical::with(&[&usual, settings].concat()).await
}

async fn read(door: &Canonical, token: &str) -> Answer {
    let path = format!("/value?uri={API}");
    door.send(reqwest::Method::GET, Some(token), &path, None).await
}

#[tokio::test]
async fn an_issuer_says_where_its_keys_are() {
    let signer = Issuer::new("k1");
    let (url, published) = issuer(signer.jwks()["keys"].clone()).await;
    let token = signer.token("secrets.read", |claims| claims["iss"] = json!(url));
    fails(
        read(&door(&url, &[]).await, &token).await,
        404,
        "SECRET_NOT_FOUND",
    );
    let described = published.lock().0.clone();
    for (member, text) in [
        ("issuer", "http://127.0.0.1/realm"),
        // Neither over TLS nor on this machine: it is not asked.
        ("jwks_uri", "http://192.0.2.1/keys"),
    ] {
        published.lock().0 = described.clone();
        published.lock().0[member] = json!(text);
        fails(read(&door(&url, &[]).await, &token).await, 401, "UNAUTHENTICATED");
    }
}

fn part(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn tokens_are_signed_by_any_algorithm_that_is_allowed() {
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = rsa.public_key();
    let (n, e) = (public.modulus(), public.exponent());
    let der: Pkcs8V1Der<'_> = rsa.as_der().unwrap();
    // The PKCS #1 key in it, after 26 bytes that say that it is one.
    let rsa_key = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
    let ed = Ed25519KeyPair::generate().unwrap();
    let ed_key = EncodingKey::from_ed_der(ed.to_pkcs8().unwrap().as_ref());
    let rsa_jwk = |id: &str| {
        json!({
            "kty": "RSA", "use": "sig", "kid": id,
            "n": part(n.big_endian_without_leading_zero()), "e": part(e.big_endian_without_leading_zero()),
        })
    };
    let mut only = rsa_jwk("rs256-only");
    only["alg"] = json!("RS256");
    let okp = json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "ed", "x": part(ed.public_key().as_ref()),
    });
    let (url, _published) = issuer(json!([rsa_jwk("rsa"), only, okp])).await;
    let signed = |id: &str, algorithm: Algorithm, key: &EncodingKey| {
        let header = Header {
            kid: Some(id.to_owned()),
            ..Header::new(algorithm)
        };
        let claims = claims("secrets.read", |claims| claims["iss"] = json!(url));
        jsonwebtoken::encode(&header, &claims, key).unwrap()
    };
    let tokens = [
        ("rsa", signed("rsa", Algorithm::RS256, &rsa_key), true, true),
        ("rsa", signed("rsa", Algorithm::PS256, &rsa_key), true, false),
        ("rsa", signed("rsa", Algorithm::PS512, &rsa_key), false, false),
        (
            "said",
            signed("rs256-only", Algorithm::RS256, &rsa_key),
            true,
            true,
        ),
        (
            "said",
            signed("rs256-only", Algorithm::PS256, &rsa_key),
            false,
            false,
        ),
        ("ed", signed("ed", Algorithm::EdDSA, &ed_key), true, false),
        ("mixed up", signed("ed", Algorithm::RS256, &rsa_key), false, false),
    ];
    let (all, one) = (
        door(&url, &[]).await,
        door(&url, &["--canonical-algorithms", "RS256"]).await,
    );
    for (at, (what, token, by_all, by_one)) in tokens.iter().enumerate() {
        for (door, good) in [(&all, by_all), (&one, by_one)] {
            let status = if *good { 404 } else { 401 };
            assert_eq!(read(door, token).await.status, status, "{what} {at}");
        }
    }
}
