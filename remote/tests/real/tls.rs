//! TLS with an authority of one's own.

use coffer_domain::provider::ProviderFault;
use coffer_remote::{Certificates, Login, Options};
use coffer_vault_server::Server;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;

use super::{Remote, options};

#[tokio::test]
async fn only_its_own_authority_vouches_for_a_server() {
    let server = Server::start_tls().await.unwrap();
    let with = |pem: &str| {
        Remote::new(&Options {
            authority: Some(Certificates::parse(pem.as_bytes()).unwrap()),
            ..options(&server, Login::Token(server.token().into()))
        })
    };
    let own = with(server.authority().unwrap());
    own.write(json!({ "a": "b" })).await.unwrap();
    let key = KeyPair::generate().unwrap();
    let stranger = CertificateParams::default().self_signed(&key).unwrap();
    let refused = with(&stranger.pem()).read().await;
    assert!(matches!(refused, Err(ProviderFault::Broken)), "{refused:?}");
}
