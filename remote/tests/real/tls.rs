//! TLS with an authority of one's own.

use std::net::SocketAddr;

use coffer_domain::provider::ProviderFault;
use coffer_remote::{Certificates, Login, Options};
use coffer_vault_server::{Server, Tls};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use serde_json::json;

use super::{Remote, options};

/// An authority's certificate, and what it signs for an address.
fn tls(address: SocketAddr) -> Tls {
    let (key, own) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let signed = authority.self_signed(&key).unwrap();
    let issuer = Issuer::new(authority, key);
    let mut server = CertificateParams::default();
    server.subject_alt_names = vec![SanType::IpAddress(address.ip())];
    let certificate = server.signed_by(&own, &issuer).unwrap();
    Tls {
        certificate: certificate.pem(),
        key: own.serialize_pem(),
        authority: signed.pem(),
    }
}

#[tokio::test]
async fn only_its_own_authority_vouches_for_a_server() {
    let mut authority = String::new();
    let make = |address| {
        let made = tls(address);
        authority.clone_from(&made.authority);
        made
    };
    let server = Server::start_tls(make).await.unwrap();
    let with = |pem: &str| {
        Remote::new(&Options {
            authority: Some(Certificates::parse(pem.as_bytes()).unwrap()),
            ..options(&server, Login::Token(server.token().into()))
        })
    };
    with(&authority).write(json!({ "a": "b" })).await.unwrap();
    let stranger = tls("127.0.0.1:1".parse().unwrap());
    let refused = with(&stranger.authority).read().await;
    assert!(matches!(refused, Err(ProviderFault::Broken)), "{refused:?}");
}
