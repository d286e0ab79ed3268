//! Cases 67 and 68: tokens that are good once, and tokens that are bound to a key.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use coffer_domain::port::Clock;
use coffer_store::SystemClock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    bearer::{API, Guarded, ISSUER, write},
    fails,
    policy::point,
};
use crate::answer::Answer;

fn part(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Whoever holds a key, and makes proofs of it by hand.
struct Holder(EcdsaKeyPair);

impl Holder {
    fn new() -> Self {
        let rules = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let der = EcdsaKeyPair::generate_pkcs8(rules, &SystemRandom::new()).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(rules, der.as_ref()).unwrap())
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({"crv": "P-256", "kty": "EC", "x": part(&point[1..33]), "y": part(&point[33..])})
    }

    /// By RFC 7638: the members that there must be, in the order of their names, without white space.
    fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let text = format!(
            r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#,
            jwk["x"], jwk["y"]
        );
        part(Sha256::digest(text))
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", part(header.to_string()), part(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", part(signature))
    }

    /// A good proof for reading a value at `url` with `token`, after `edit` of its header and claims.
    fn proof(&self, url: &str, token: &str, edit: impl Fn(&mut Value, &mut Value)) -> String {
        let mut header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
        let now = SystemClock.now();
        let mut claims = json!({
            "htm": "GET", "htu": url, "iat": now.as_second(), "jti": now.as_nanosecond().to_string(),
            "ath": part(Sha256::digest(token)),
        });
        edit(&mut header, &mut claims);
        self.sign(&header, &claims)
    }

    /// A token that is bound to the key.
    fn token(&self, guarded: &Guarded, id: &str) -> String {
        guarded.issuer.token("secrets.read", |claims| {
            claims["cnf"] = json!({"jkt": self.thumbprint()});
            claims["jti"] = json!(id);
        })
    }
}

/// Where a value is read.
fn address(guarded: &Guarded) -> String {
    format!("{}/api/secrets/value", guarded.door.subject.base)
}

/// Reads a value with this `Authorization` and these proofs.
async fn read(guarded: &Guarded, authorization: &str, proofs: &[&str]) -> Answer {
    let url = format!("{}?uri={API}", address(guarded));
    let request = guarded
        .door
        .subject
        .http
        .get(url)
        .header("authorization", authorization);
    let with = |request: reqwest::RequestBuilder, proof: &&str| request.header("dpop", *proof);
    Answer::of(proofs.iter().fold(request, with)).await
}

#[track_caller]
fn unproven(answer: Answer, code: &str) {
    let refused = fails(answer, 401, code);
    assert_eq!(
        refused.header("www-authenticate"),
        r#"DPoP error="invalid_dpop_proof""#
    );
}

#[tokio::test]
async fn case_67_a_token_is_good_once_where_that_is_asked_for() {
    let guarded = Guarded::start(&["--canonical-replay", "strict"]).await;
    let scope = "secrets.rotate secrets.read secrets.read_metadata";
    guarded.post(scope, "/rotate", write()).await.expect(200);
    let value = format!("/value?uri={API}");
    guarded.get(scope, &value).await.expect(200);
    let refused = fails(guarded.get(scope, &value).await, 403, "SECRET_AUTHZ_FAILED");
    assert_eq!(refused["details"]["reason"], "jti_replay");
    guarded
        .get(scope, &format!("/versions?uri={API}"))
        .await
        .expect(200);
    let other = guarded.issuer.token(scope, |claims| claims["jti"] = json!("two"));
    guarded.read(&other).await.expect(200);
    let nameless = guarded.issuer.token(scope, |claims| claims["jti"] = json!(null));
    let refused = fails(guarded.read(&nameless).await, 403, "SECRET_AUTHZ_FAILED");
    assert_eq!(refused["details"]["reason"], "jti_missing");
}

#[tokio::test]
async fn case_67_an_id_is_one_senders() {
    let guarded = Guarded::start(&[]).await;
    guarded.post("secrets.write", "", write()).await.expect(200);
    let bob = guarded
        .issuer
        .token("secrets.read", |claims| claims["sub"] = json!("bob"));
    let refused = fails(guarded.read(&bob).await, 403, "SECRET_AUTHZ_FAILED");
    assert_eq!(refused["details"]["reason"], "jti_replay");
}

#[tokio::test]
async fn case_68_a_bound_token_takes_a_fresh_proof_for_each_request() {
    let (guarded, holder, url, token) = ready().await;
    let (dpop, bearer) = (format!("DPoP {token}"), format!("Bearer {token}"));
    unproven(read(&guarded, &dpop, &[]).await, "INVALID_DPOP_PROOF");
    unproven(read(&guarded, &bearer, &[]).await, "INVALID_DPOP_PROOF");
    let proof = holder.proof(&url, &token, |_, _| {});
    read(&guarded, &dpop, &[&proof]).await.expect(200);
    unproven(read(&guarded, &dpop, &[&proof]).await, "DPOP_REPLAY");
    unproven(read(&guarded, &bearer, &[&proof]).await, "DPOP_REPLAY");
    let fresh = holder.proof(&url, &token, |_, _| {});
    unproven(
        read(&guarded, &dpop, &[&fresh, &fresh]).await,
        "INVALID_DPOP_PROOF",
    );
    read(&guarded, &bearer, &[&fresh]).await.expect(200);
    // A token that is bound to nothing is no better for a proof.
    let loose = guarded.issuer.token("secrets.read", |_| {});
    let proof = holder.proof(&url, &loose, |_, _| {});
    unproven(
        read(&guarded, &format!("DPoP {loose}"), &[&proof]).await,
        "INVALID_DPOP_PROOF",
    );
    let key = format!("DPoP {}", guarded.door.subject.token);
    fails(read(&guarded, &key, &[&proof]).await, 401, "UNAUTHENTICATED");
}

/// A door with a secret, a holder of a key, where the value is read, and a token for it.
async fn ready() -> (Guarded, Holder, String, String) {
    ready_with(&[]).await
}

async fn ready_with(settings: &[&str]) -> (Guarded, Holder, String, String) {
    let guarded = Guarded::start(settings).await;
    guarded.post("secrets.write", "", write()).await.expect(200);
    let (holder, url) = (Holder::new(), address(&guarded));
    let token = holder.token(&guarded, "bound");
    (guarded, holder, url, token)
}

/// Has each of these proofs refused.
async fn refuses(guarded: &Guarded, token: &str, proofs: &[(&str, String)]) {
    for (what, proof) in proofs {
        let refused = read(guarded, &format!("DPoP {token}"), &[proof]).await;
        assert_eq!(
            (refused.status, &refused["code"]),
            (401, &json!("INVALID_DPOP_PROOF")),
            "{what}"
        );
    }
}

#[tokio::test]
async fn case_68_a_proof_carries_a_nonce_of_the_servers_where_that_is_asked_for() {
    let (guarded, holder, url, token) = ready_with(&["--canonical-proof-nonces", "true"]).await;
    let dpop = format!("DPoP {token}");
    let with = |nonce: Option<&str>| {
        holder.proof(&url, &token, |_, claims| {
            if let Some(nonce) = nonce {
                claims["nonce"] = json!(nonce);
            }
        })
    };
    let mut given = String::new();
    for nonce in [None, Some("mine")] {
        let refused = fails(
            read(&guarded, &dpop, &[&with(nonce)]).await,
            401,
            "USE_DPOP_NONCE",
        );
        assert_eq!(
            refused.header("www-authenticate"),
            r#"DPoP error="use_dpop_nonce""#
        );
        refused.header("dpop-nonce").clone_into(&mut given);
    }
    let proof = with(Some(&given));
    read(&guarded, &dpop, &[&proof]).await.expect(200);
    unproven(read(&guarded, &dpop, &[&proof]).await, "DPOP_REPLAY");
    read(&guarded, &dpop, &[&with(Some(&given))]).await.expect(200);
}

#[tokio::test]
async fn case_68_a_proof_is_for_this_request() {
    let (guarded, holder, url, token) = ready().await;
    let now = SystemClock.now().as_second();
    let with =
        |member: &str, value: Value| holder.proof(&url, &token, |_, claims| claims[member] = value.clone());
    let proofs = [
        ("another method", with("htm", json!("POST"))),
        ("another path", with("htu", json!(format!("{url}s")))),
        ("no mount", with("htu", json!(url.replace("/canonical", "")))),
        ("old", with("iat", json!(now - 3600))),
        ("of the future", with("iat", json!(now + 3600))),
        ("without a time", with("iat", json!(null))),
        ("another token", with("ath", json!(part(Sha256::digest("x"))))),
        ("no token", with("ath", json!(null))),
        ("no id", with("jti", json!(""))),
    ];
    refuses(&guarded, &token, &proofs).await;
    let asked = with("htu", json!(format!("{url}?uri=x#y")));
    read(&guarded, &format!("DPoP {token}"), &[&asked])
        .await
        .expect(200);
}

#[tokio::test]
async fn case_68_a_proof_is_by_this_key() {
    let (guarded, holder, url, token) = ready().await;
    let with =
        |member: &str, value: Value| holder.proof(&url, &token, |header, _| header[member] = value.clone());
    let mut private = holder.jwk();
    private["d"] = json!("AA");
    let mut bent = with("typ", json!("dpop+jwt"));
    let last = bent.pop().unwrap();
    bent.push(if last == 'A' { 'Q' } else { 'A' });
    let other = Holder::new();
    let forged = other.proof(&url, &token, |header, _| header["jwk"] = holder.jwk());
    let proofs = [
        ("another type", with("typ", json!("JWT"))),
        ("no signature", with("alg", json!("none"))),
        ("a symmetric one", with("alg", json!("HS256"))),
        ("an algorithm that is not taken", with("alg", json!("ES384"))),
        ("no key", with("jwk", json!(null))),
        ("a private key", with("jwk", private)),
        ("an extension", with("crit", json!(["x"]))),
        ("another holder's", other.proof(&url, &token, |_, _| {})),
        ("another's signature", forged),
        ("bent", bent),
        ("none at all", "x".to_owned()),
    ];
    refuses(&guarded, &token, &proofs).await;
    let good = with("typ", json!("dpop+jwt"));
    read(&guarded, &format!("DPoP {token}"), &[&good])
        .await
        .expect(200);
}

#[tokio::test]
async fn case_68_a_proof_is_for_the_address_that_clients_know() {
    let here = Guarded::start(&[]).await;
    let holder = Holder::new();
    // What was made for a stranger is not made good by calling this server by the stranger's name.
    let token = holder.token(&here, "bound");
    let proof = holder.proof(
        "http://stranger.example/canonical/api/secrets/value",
        &token,
        |_, _| {},
    );
    let url = format!("{}?uri={API}", address(&here));
    let request = here.door.subject.http.get(url).header("host", "stranger.example");
    let request = request
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof);
    unproven(Answer::of(request).await, "INVALID_DPOP_PROOF");

    let known = "https://secrets.example/vault";
    let named = Guarded::start(&["--canonical-address", known]).await;
    let token = holder.token(&named, "bound");
    let dpop = format!("DPoP {token}");
    let proof = holder.proof(&format!("{known}/api/secrets/value"), &token, |_, _| {});
    fails(read(&named, &dpop, &[&proof]).await, 404, "SECRET_NOT_FOUND");
    let proof = holder.proof(&address(&named), &token, |_, _| {});
    unproven(read(&named, &dpop, &[&proof]).await, "INVALID_DPOP_PROOF");
}

#[tokio::test]
async fn case_68_what_is_permitted_to_one_key_is_not_to_another() {
    let (table, pdp, _serving) = point().await;
    let asks = ["--canonical-authorization", "true", "--canonical-pdp-url", &pdp];
    let guarded = Guarded::start(&asks).await;
    guarded.post("secrets.write", "", write()).await.expect(200);
    table.lock().asked();
    table.lock().answer = json!({"decision": true, "obligations": {"max_uses": 5, "ttl_s": 3600}});
    let (one, two, url) = (Holder::new(), Holder::new(), address(&guarded));
    let by = async |holder: &Holder, id: &str| {
        let token = holder.token(&guarded, id);
        let proof = holder.proof(&url, &token, |_, _| {});
        read(&guarded, &format!("DPoP {token}"), &[&proof]).await
    };
    by(&one, "a").await.expect(200);
    by(&one, "b").await.expect(200);
    let asked = table.lock().asked();
    assert_eq!(asked.len(), 1, "the second use was of the same permission");
    let told = &asked[0]["context"];
    assert_eq!(
        (&told["cnf_binding"], &told["token_jti"], &told["aud"]),
        (&json!(one.thumbprint()), &json!("a"), &json!(["crud.secrets"]))
    );
    let told = &asked[0]["subject"]["properties"];
    assert_eq!(
        (&told["client_id"], &told["issuer"]),
        (&json!("ci"), &json!(ISSUER))
    );
    fails(by(&two, "c").await, 403, "BINDING_DRIFT");
    // And for a moment to nobody.
    fails(by(&one, "d").await, 403, "SECRET_AUTHZ_FAILED");
}
