//! The provider against a real Vault server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod logins;
mod metadata;
mod rest;
mod tls;

use coffer_domain::{
    canonical_uri::{CanonicalUri, Reading},
    name::OrgName,
    provider::{Actor, Change, Found, Intent, Provider, ProviderFault, Wrote},
    secret_json::SecretJson,
    usecase::Caller,
};
use coffer_remote::{Login, Options, VaultServer, address};
use coffer_vault_server::Server;
use jiff::Timestamp;
use serde_json::Value;

/// A provider towards a server, as tests use one.
struct Remote(VaultServer);

/// The usual options, without a token.
fn options(server: &Server, login: Login) -> Options {
    Options::new(address(server.url()).unwrap(), login)
}

fn actor() -> Actor {
    Actor {
        caller: Caller::controller(),
        tenant: OrgName::default_organization(),
        subject: Some("auth:account:idp:alice".to_owned()),
    }
}

fn uri(text: &str) -> CanonicalUri {
    CanonicalUri::parse(text, Reading::Strict).unwrap()
}

const APP: &str = "openbao+kv2://secret/app";

impl Remote {
    fn new(options: &Options) -> Self {
        // After everything that a server does in a test.
        let later: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
        Self(VaultServer::new(options, move || later).unwrap())
    }

    async fn read(&self) -> Result<Found, ProviderFault> {
        self.0.read(&actor(), &uri(APP)).await
    }

    async fn write(&self, map: Value) -> Result<Wrote, ProviderFault> {
        let change = Change::Replace(SecretJson::new(map));
        self.0.write(&actor(), &uri(APP), &change, Intent::Write).await
    }
}
