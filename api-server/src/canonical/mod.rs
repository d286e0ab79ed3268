//! The Canonical door at `/canonical/api/secrets`: secrets by canonical URIs, with their versions, owners and events.
//! Header → principal, scope → grants, URI → provider, provider's fault → code, and nothing else. What differs from
//! the original is in `docs/dialects/canonical.md`.

pub mod auth;
pub mod deed;
pub mod error;
pub mod journal;
pub mod local;
pub mod meters;
pub mod model;
pub mod op;
pub mod openapi;
pub mod page;
pub mod policy;
pub mod provider;
pub mod query;
pub mod routes;
pub mod sender;
pub mod settings;
pub mod token;

use std::{sync::Arc, time::Duration};

use axum::{http::request::Parts, response::Response};
use coffer_domain::{
    Error,
    canonical_uri::Backend,
    name::EnvName,
    provider::{Provider, ProviderFault, foreign::Foreign, store::StoreProvider},
    usecase::{Caller, Coffer, vaults::VaultSettings},
};

use error::Failure;
use meters::Meters;
use sender::{Credential, Senders, Uses};
pub use settings::{Args, Settings};

use crate::{
    app::App,
    http::{
        body::LARGEST,
        context::Context,
        dialect::Dialect,
        rate::{Bucket, By, X_RATE_LIMIT},
        request_id::IdRule,
    },
    identity::KeyRing,
};

/// This door's name.
pub const NAME: &str = "canonical";

const BUCKETS: [Bucket; 1] = [Bucket {
    name: "default",
    usual: None,
    by: By::Credential,
    counts: |_, _| true,
}];

/// This door.
pub static DIALECT: Dialect = Dialect {
    name: NAME,
    base: "",
    routes: |_| routes::router(),
    aliases: &[],
    credential: counted,
    refuse: error::refuse,
    buckets: &BUCKETS,
    counted_with: None,
    rate_headers: &X_RATE_LIMIT,
    ids: IdRule::Correlation,
    largest_body: LARGEST,
    patience: Duration::from_secs(100),
    idempotency: false,
    echoes: None,
    revise: Some(revise),
    webhooks: None,
    subject: None,
    openapi: Some(openapi::document),
    cors: None,
};

/// Counts what failed, and writes it down for who asked.
fn revise(app: &App, context: &Context, answer: Response) -> Response {
    if let Some(failure) = answer.extensions().get::<Failure>() {
        app.canonical.meters.failed(failure);
    }
    error::revise(context, answer)
}

/// The credential that a request is counted by.
fn counted(parts: &Parts) -> Option<String> {
    Credential::of(&parts.headers).map(|sent| sent.text.to_owned())
}

/// What the handlers of this door share.
pub struct Door {
    /// What the server's configuration says.
    pub settings: Settings,
    /// What was done lately.
    pub journal: journal::Journal,
    /// What is counted.
    pub meters: Meters,
    policy: Option<policy::Policy>,
    senders: Senders,
    uses: Uses,
    keys: Option<KeyRing>,
    vault: Option<Arc<dyn Provider>>,
    store: Arc<dyn Provider>,
    yaml: Option<Arc<dyn Provider>>,
}

impl Door {
    /// Over `coffer`.
    pub fn new(coffer: &Coffer, settings: &Settings, meters: Meters) -> Self {
        if !settings.require_auth {
            tracing::warn!(
                tenant = %settings.tenant,
                "the canonical door asks for NO CREDENTIAL: every program on this machine can read and change the secrets of its mounts"
            );
        }
        if let Some(kept) = &settings.vault {
            tracing::info!(%kept, "another server keeps mounts of the canonical door");
        }
        let yaml = settings.yaml.as_ref().map(|path| {
            let file = provider::yaml::YamlFile::new(path.clone());
            Arc::new(Foreign::new(coffer.clone(), Arc::new(file))) as Arc<dyn Provider>
        });
        Self {
            settings: settings.clone(),
            journal: journal::Journal::default(),
            meters,
            policy: settings.policy.as_ref().map(policy::Policy::new),
            senders: Senders::new(&settings.sender, coffer.entropy()),
            uses: Uses::new(&settings.sender),
            keys: settings
                .keys
                .clone()
                .map(|keys| KeyRing::taking(keys, &settings.sender.algorithms)),
            vault: settings.vault.as_ref().and_then(|vault| vault.provider(coffer)),
            store: StoreProvider::new(coffer.clone()),
            yaml,
        }
    }

    /// Makes the vaults of the mounts that the settings name, where there are none. What does not work is told, and
    /// found again by whoever asks for such a mount.
    pub async fn prepare(&self, coffer: &Coffer) {
        let all = self.settings.named_mounts().into_iter();
        for (tenant, mount) in all.filter(|(_, mount)| !self.is_elsewhere(mount.as_str())) {
            let settings = VaultSettings {
                environments: vec![EnvName::default_environment()],
                access: Vec::new(),
                owner: None,
            };
            let made = coffer
                .create_vault(&Caller::controller(), &tenant, &mount, settings)
                .await;
            match made {
                Ok(_) => {
                    tracing::info!(%tenant, %mount, "a vault was made for a mount of the canonical door");
                }
                Err(Error::AlreadyExists { .. }) => {}
                Err(error) => {
                    tracing::warn!(%tenant, %mount, %error, "a mount of the canonical door has no vault");
                }
            }
        }
    }

    /// What keeps the secrets of a mount that URIs of this scheme name.
    pub fn provider(&self, backend: Backend, mount: &str) -> Result<Arc<dyn Provider>, ProviderFault> {
        let keeps = match (backend, self.is_elsewhere(mount)) {
            (Backend::Yaml, _) => self.yaml.as_ref(),
            (Backend::OpenBao | Backend::HashiCorp, true) => self.vault.as_ref(),
            (Backend::OpenBao | Backend::HashiCorp, false) => Some(&self.store),
        };
        keeps.cloned().ok_or(ProviderFault::NotConfigured)
    }

    /// Whether a mount is kept by another server.
    fn is_elsewhere(&self, mount: &str) -> bool {
        self.settings.vault.as_ref().is_some_and(|vault| vault.has(mount))
    }
}
