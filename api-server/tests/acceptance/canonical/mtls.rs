//! Case 69: tokens that are bound to a certificate, shown to the program itself or to a proxy that it trusts; and
//! certificates that are credentials by themselves.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Certificate, Client, Identity};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    bearer::{API, Guarded, write},
    fails,
};
use crate::answer::Answer;

const OPTIONAL: [&str; 4] = [
    "--canonical-auth-mode",
    "bearer_plus_mtls_optional",
    "--canonical-bound-paths",
    "/api/secrets/value",
];
const PROXIED: [&str; 2] = ["--trusted-proxy", "127.0.0.0/8"];

/// Whoever holds a certificate of its own making.
struct Holder {
    pem: String,
    key: String,
    thumbprint: String,
}

impl Holder {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let made = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        Self {
            pem: made.pem(),
            key: key.serialize_pem(),
            thumbprint: BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(made.der())),
        }
    }

    /// A token that is bound to the certificate.
    fn token(&self, guarded: &Guarded, id: &str) -> String {
        guarded.issuer.token("secrets.read secrets.write", |claims| {
            claims["cnf"] = json!({"x5t#S256": self.thumbprint});
            claims["jti"] = json!(id);
        })
    }

    /// As nginx hands it on.
    fn forwarded(&self) -> String {
        let lines = self.pem.replace("\r\n", "\n");
        lines.replace('+', "%2B").replace('\n', "%0A")
    }
}

/// Reads a value with these certificates in the proxies' header.
async fn read(guarded: &Guarded, token: &str, certificates: &[&Holder]) -> Answer {
    let url = format!("{}/api/secrets/value?uri={API}", guarded.door.subject.base);
    let request = guarded.door.subject.http.get(url).bearer_auth(token);
    let with = |request: reqwest::RequestBuilder, one: &&Holder| {
        request.header("x-forwarded-tls-client-cert", one.forwarded())
    };
    Answer::of(certificates.iter().fold(request, with)).await
}

async fn guarded(settings: &[&[&str]]) -> Guarded {
    Guarded::start(&settings.concat()).await
}

#[tokio::test]
async fn case_69_a_bound_token_takes_its_certificate() {
    let guarded = guarded(&[&OPTIONAL, &PROXIED]).await;
    let (one, other) = (Holder::new(), Holder::new());
    let token = one.token(&guarded, "bound");
    let free = guarded
        .issuer
        .token("secrets.read", |claims| claims["jti"] = json!("free"));
    // Where no certificate is asked for, a token that is bound to none is good.
    guarded.post("secrets.write", "", write()).await.expect(200);
    read(&guarded, &token, &[&one]).await.expect(200);
    read(&guarded, &token, &[&one]).await.expect(200);
    fails(
        read(&guarded, &token, &[&other]).await,
        401,
        "sender_binding_mismatch",
    );
    fails(read(&guarded, &token, &[]).await, 401, "certificate_missing");
    fails(
        read(&guarded, &token, &[&one, &one]).await,
        400,
        "INVALID_REQUEST",
    );
    fails(
        read(&guarded, &free, &[&one]).await,
        401,
        "sender_binding_mismatch",
    );
    fails(read(&guarded, &free, &[]).await, 401, "certificate_missing");
    let key = guarded.door.subject.token.clone();
    fails(
        read(&guarded, &key, &[&one]).await,
        401,
        "sender_binding_mismatch",
    );
    // A bound token takes its certificate everywhere.
    let path = format!("/versions?uri={API}");
    let refused = guarded
        .door
        .send(reqwest::Method::GET, Some(&token), &path, None)
        .await;
    fails(refused, 401, "certificate_missing");
}

#[tokio::test]
async fn case_69_strangers_and_modes_without_certificates_hand_none_on() {
    let one = Holder::new();
    for settings in [&[&OPTIONAL[..]][..], &[&PROXIED[..]]] {
        let guarded = guarded(settings).await;
        let token = one.token(&guarded, "bound");
        fails(read(&guarded, &token, &[&one]).await, 401, "certificate_missing");
    }
}

#[tokio::test]
async fn case_69_where_it_is_required_every_path_takes_a_bound_token() {
    let (one, blocked) = (Holder::new(), Holder::new());
    let required = ["--canonical-auth-mode", "bearer_plus_mtls_required"];
    let block = ["--canonical-blocked-certs", &blocked.thumbprint];
    let guarded = guarded(&[&required, &PROXIED, &block]).await;
    fails(
        guarded.post("secrets.write", "", write()).await,
        401,
        "certificate_missing",
    );
    let token = one.token(&guarded, "bound");
    fails(read(&guarded, &token, &[&one]).await, 404, "SECRET_NOT_FOUND");
    let token = blocked.token(&guarded, "blocked");
    fails(
        read(&guarded, &token, &[&blocked]).await,
        401,
        "certificate_blocklisted",
    );
}

#[tokio::test]
async fn case_69_the_programs_own_listener_asks_for_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let tls = ["--tls-dir", folder.path().to_str().unwrap()];
    let mut guarded = guarded(&[&OPTIONAL, &tls]).await;
    let authority = std::fs::read(folder.path().join("ca.crt")).unwrap();
    let client = |holder: Option<&Holder>| {
        let builder = Client::builder().tls_certs_only([Certificate::from_pem(&authority).unwrap()]);
        let builder = match holder {
            Some(holder) => {
                let both = format!("{}{}", holder.key, holder.pem);
                builder.identity(Identity::from_pem(both.as_bytes()).unwrap())
            }
            None => builder,
        };
        builder.build().unwrap()
    };
    let (one, other) = (Holder::new(), Holder::new());
    let token = one.token(&guarded, "bound");
    // One without a certificate is served, and a header stands for none.
    guarded.door.subject.http = client(None);
    guarded.post("secrets.write", "", write()).await.expect(200);
    fails(read(&guarded, &token, &[&one]).await, 401, "certificate_missing");
    guarded.door.subject.http = client(Some(&one));
    read(&guarded, &token, &[]).await.expect(200);
    read(&guarded, &token, &[&other]).await.expect(200);
    guarded.door.subject.http = client(Some(&other));
    fails(
        read(&guarded, &token, &[&one]).await,
        401,
        "sender_binding_mismatch",
    );
}

/// Reads a value with a certificate and nothing else.
async fn read_as(guarded: &Guarded, holder: Option<&Holder>) -> Answer {
    let url = format!("{}/api/secrets/value?uri={API}", guarded.door.subject.base);
    let request = guarded.door.subject.http.get(url);
    let header = holder.map(Holder::forwarded);
    let name = "x-forwarded-tls-client-cert";
    Answer::of(
        header
            .into_iter()
            .fold(request, |request, one| request.header(name, one)),
    )
    .await
}

#[tokio::test]
async fn a_certificate_alone_is_the_credential_where_that_is_the_mode() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, nobody, blocked) = (Holder::new(), Holder::new(), Holder::new());
    let mappings = json!({
        "thumbprint_map": {
            reader.thumbprint.as_str(): "auth:service:reader", blocked.thumbprint.as_str(): "auth:service:gone",
        },
        "subjects": {"auth:service:reader": {"scopes": ["secrets.read"]}},
    });
    let file = folder.path().join("mappings");
    std::fs::write(&file, mappings.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let alone = ["--canonical-auth-mode", "mtls", "--canonical-cert-mappings", file];
    let block = ["--canonical-blocked-certs", blocked.thumbprint.as_str()];
    let guarded = guarded(&[&alone, &block, &PROXIED]).await;
    // The secret is not there, which nobody else is told.
    fails(read_as(&guarded, Some(&reader)).await, 404, "SECRET_NOT_FOUND");
    fails(read_as(&guarded, None).await, 401, "certificate_missing");
    fails(read_as(&guarded, Some(&nobody)).await, 401, "UNAUTHENTICATED");
    fails(
        read_as(&guarded, Some(&blocked)).await,
        401,
        "certificate_blocklisted",
    );
    let url = format!("{}/api/secrets", guarded.door.subject.base);
    let write = guarded.door.subject.http.post(url).json(&write());
    let write = write.header("x-forwarded-tls-client-cert", reader.forwarded());
    fails(Answer::of(write).await, 403, "INSUFFICIENT_SCOPE");
    // No token stands in for it, or beside it.
    let token = guarded.issuer.token("secrets.read", |_| {});
    for certificates in [&[][..], &[&reader]] {
        fails(read(&guarded, &token, certificates).await, 401, "UNAUTHENTICATED");
        let key = guarded.door.subject.token.clone();
        fails(read(&guarded, &key, certificates).await, 401, "UNAUTHENTICATED");
    }
}
