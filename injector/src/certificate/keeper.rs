//! Carries out what is due, against the API server. Every replica does; the Secret's resource version lets
//! one of them win each change, and the others take over what it wrote.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::{Stream, StreamExt, stream};
use jiff::Timestamp;
use k8s_openapi::{
    ByteString,
    api::{admissionregistration::v1::MutatingWebhookConfiguration, core::v1::Secret},
};
use kube::{
    Api, Client, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    runtime::{WatchStreamExt, watcher},
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::json;

use super::{
    issue,
    material::Material,
    plan::{self, Step},
    serving::{self, Serving},
};
use crate::{
    health::{Health, Part},
    metrics::Metrics,
    trust::Bundle,
};

/// The current time, from whoever put the program together.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The longest sleep: wakes only to look at the clock, which may have jumped.
const LONGEST_SLEEP: Duration = Duration::from_mins(10);
/// The pause after a failure.
const RETRY: Duration = Duration::from_secs(2);
/// The pause between a change of trust that comes late and the promotion that needs it.
const PROPAGATION: Duration = Duration::from_mins(1);
/// The most changes in one go; more would mean that they undo each other.
const MOST_STEPS: usize = 6;

/// Why the certificates are not as they should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused or was not there.
    #[error("cannot {doing}: {source}")]
    Api {
        /// What was attempted.
        doing: String,
        /// Why it failed.
        source: Box<kube::Error>,
    },
    /// A certificate cannot be made or read.
    #[error(transparent)]
    Certificate(#[from] issue::Error),
    /// A certificate cannot be served.
    #[error(transparent)]
    Serving(#[from] serving::Error),
    /// There is no webhook configuration to be trusted by.
    #[error("there is no MutatingWebhookConfiguration {0}: install the chart, or correct --webhook")]
    NoWebhook(String),
    /// Someone else changed an object at the same time.
    #[error("another replica changed the certificates at the same time")]
    Conflict,
}

/// Whether the webhook configuration had to be changed.
#[derive(Debug, PartialEq, Eq)]
enum Trust {
    Old,
    New,
}

/// Names and means.
pub struct Keeper {
    secrets: Api<Secret>,
    webhooks: Api<MutatingWebhookConfiguration>,
    secret: String,
    webhook: String,
    host_names: Vec<String>,
    serving: Arc<Serving>,
    authorities: Bundle,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
}

/// What a [`Keeper`] is told.
#[derive(Debug, Clone)]
pub struct Names {
    /// Its namespace.
    pub namespace: String,
    /// The Secret.
    pub secret: String,
    /// The webhook configuration.
    pub webhook: String,
    /// The host names of the server certificate.
    pub host_names: Vec<String>,
}

impl Keeper {
    /// Puts it together.
    pub fn new(
        client: Client,
        names: Names,
        serving: Arc<Serving>,
        authorities: Bundle,
        health: Arc<Health>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            secrets: Api::namespaced(client.clone(), &names.namespace),
            webhooks: Api::all(client),
            secret: names.secret,
            webhook: names.webhook,
            host_names: names.host_names,
            serving,
            authorities,
            health,
            metrics,
        }
    }

    /// Keeps the certificates in order for as long as the program runs: at once, whenever the Secret or the
    /// webhook configuration changes, and when something is due.
    pub async fn run(&self, clock: Clock) {
        let mut changes = std::pin::pin!(self.changes());
        loop {
            let due = self.attempt(&clock).await;
            while clock() < due {
                let left = Duration::try_from(due.duration_since(clock())).unwrap_or(RETRY);
                if tokio::time::timeout(left.min(LONGEST_SLEEP), changes.next())
                    .await
                    .is_ok()
                {
                    break;
                }
            }
        }
    }

    /// One pass, and when the next is due.
    async fn attempt(&self, clock: &Clock) -> Timestamp {
        match self.pass(clock()).await {
            Ok(due) => due,
            Err(error) => {
                if !matches!(error, Error::Conflict) {
                    tracing::warn!(%error, "certificates are not in order; trying again");
                }
                self.health.set_trouble(Part::Certificate, error.to_string());
                self.health.set_trouble(Part::CaBundle, error.to_string());
                clock() + RETRY
            }
        }
    }

    /// Does what is due at `now`, and says when something will be.
    ///
    /// # Errors
    /// Whatever stopped it; calling again is safe, and goes on where it stopped.
    pub async fn pass(&self, now: Timestamp) -> Result<Timestamp, Error> {
        let mut secret = self.read_secret().await?;
        for _ in 0..MOST_STEPS {
            let material = secret
                .as_ref()
                .and_then(|s| s.data.as_ref())
                .and_then(Material::read);
            let facts = material.as_ref().and_then(|m| m.facts().ok());
            let step = facts.as_ref().map_or(Step::Create, |facts| {
                plan::next_step(facts, &self.host_names, now)
            });
            if let (Step::Keep(due), Some(material)) = (step, &material) {
                self.put_to_use(material).await?;
                return Ok(due);
            }
            if let (Step::PromoteAuthority, Some(material)) = (step, &material) {
                // What the new authority signs is served only where it has been trusted for a while.
                if self.trust(material).await? == Trust::New {
                    return Ok(now + PROPAGATION);
                }
            }
            let material = plan::carry_out(step, material, &self.host_names, now)?;
            tracing::info!(?step, "changing the webhook's certificates");
            secret = Some(self.write_secret(secret, &material).await?);
        }
        Err(Error::Conflict)
    }

    /// Trusted first, served then.
    async fn put_to_use(&self, material: &Material) -> Result<(), Error> {
        self.trust(material).await?;
        self.health.set_ready(Part::CaBundle);
        self.serving.load(&material.leaf)?;
        self.authorities.store(Arc::new(material.bundle()));
        self.metrics
            .set_certificate_expiry(material.facts()?.leaf.ends.as_second());
        self.health.set_ready(Part::Certificate);
        Ok(())
    }

    async fn read_secret(&self) -> Result<Option<Secret>, Error> {
        let read = self.secrets.get_opt(&self.secret).await;
        read.map_err(|e| api_error(format!("read Secret {}", self.secret), e))
    }

    async fn write_secret(&self, old: Option<Secret>, material: &Material) -> Result<Secret, Error> {
        let doing = || format!("write Secret {}", self.secret);
        let data = Some(material.write());
        let written = match old {
            None => {
                let mut new = Secret {
                    data,
                    type_: Some("Opaque".to_owned()),
                    ..Secret::default()
                };
                new.metadata.name = Some(self.secret.clone());
                self.secrets.create(&PostParams::default(), &new).await
            }
            Some(mut old) => {
                old.data = data;
                self.secrets
                    .replace(&self.secret, &PostParams::default(), &old)
                    .await
            }
        };
        written.map_err(|e| api_error(doing(), e))
    }

    /// Makes every entry of the webhook configuration trust all authorities of `material`.
    async fn trust(&self, material: &Material) -> Result<Trust, Error> {
        let doing = |verb: &str| format!("{verb} MutatingWebhookConfiguration {}", self.webhook);
        let found = self
            .webhooks
            .get_opt(&self.webhook)
            .await
            .map_err(|e| api_error(doing("read"), e))?;
        let configuration = found.ok_or_else(|| Error::NoWebhook(self.webhook.clone()))?;
        let bundle = ByteString(material.bundle().into_bytes());
        let wanted = certificates(&bundle);
        let entries: Vec<_> = configuration.webhooks.iter().flatten().collect();
        let trusts = |held: Option<&ByteString>| held.is_some_and(|held| certificates(held) == wanted);
        if entries
            .iter()
            .all(|entry| trusts(entry.client_config.ca_bundle.as_ref()))
        {
            return Ok(Trust::Old);
        }
        let entry = |name: &str| json!({ "name": name, "clientConfig": { "caBundle": &bundle } });
        let patch = json!({
            "metadata": { "resourceVersion": configuration.resource_version() },
            "webhooks": entries.iter().map(|e| entry(&e.name)).collect::<Vec<_>>(),
        });
        let patched = self
            .webhooks
            .patch(&self.webhook, &PatchParams::default(), &Patch::Strategic(patch))
            .await;
        patched
            .map(|_| Trust::New)
            .map_err(|e| api_error(doing("patch"), e))
    }

    /// Something each time that the Secret or the webhook configuration changes.
    fn changes(&self) -> impl Stream<Item = ()> + use<> {
        let named = |name: &str| watcher::Config::default().fields(&format!("metadata.name={name}"));
        let secret = watcher(self.secrets.clone(), named(&self.secret))
            .default_backoff()
            .touched_objects()
            .map(drop);
        let webhook = watcher(self.webhooks.clone(), named(&self.webhook))
            .default_backoff()
            .touched_objects()
            .map(drop);
        stream::select(secret, webhook)
    }
}

/// The certificates in a bundle, whatever their order and the space around them.
fn certificates(bundle: &ByteString) -> BTreeSet<Vec<u8>> {
    CertificateDer::pem_slice_iter(&bundle.0)
        .flatten()
        .map(|certificate| certificate.to_vec())
        .collect()
}

fn api_error(doing: String, error: kube::Error) -> Error {
    match &error {
        kube::Error::Api(status) if status.code == 409 => Error::Conflict,
        _ => Error::Api {
            doing,
            source: Box::new(error),
        },
    }
}
