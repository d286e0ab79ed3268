//! A server on a free loopback port, with its store in a temporary directory and a clock set by hand.
//!
//! [`TestServer::start`] gives an administrator's key for organization `acme`; [`TestServer::send`] sends as
//! anyone. Nothing here waits for time: clients wait for answers and lines.

pub mod client;
pub mod cluster;
pub mod lines;

use std::{sync::Arc, time::Duration};

use coffer_api_server::{
    Limits, Served, ServerParts, StreamSettings,
    bootstrap::bootstrap,
    http::settings::DoorSettings,
    identity::{Notices, WorkloadIdentity},
    metrics::Metrics,
    serve,
    tls::Certificates,
};
use coffer_domain::{name::OrgName, principal::Workload, testkit::ManualClock, usecase::Coffer};
use coffer_store::{SEED_BYTES, Seed, StoreOptions, SystemEntropy, SystemKeyPairs, kek::StaticKek};
use jiff::Timestamp;
use parking_lot::Mutex;
use prometheus::Registry;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub use client::{Reply, body};

/// The organization that every server starts with.
pub const ORG: &str = "acme";

/// What a test may choose.
pub struct Choices {
    pub identity: Option<Arc<WorkloadIdentity>>,
    pub certificates: Option<Arc<Certificates>>,
    pub limits: Limits,
    pub ping: Duration,
    /// Streams of one namespace.
    pub of_namespace: usize,
    pub access_log: bool,
    pub doors: DoorSettings,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            identity: None,
            certificates: None,
            limits: Limits::default(),
            ping: Duration::from_secs(15),
            of_namespace: StreamSettings::default().of_namespace,
            access_log: false,
            // Tests fail to authenticate as often as they like, but for those that are about it.
            doors: DoorSettings::default().with_failures(None),
        }
    }
}

/// Remembers what was told.
#[derive(Default)]
pub struct Told(pub Mutex<Vec<(String, String)>>);

impl Notices for Told {
    fn refused(&self, workload: &Workload, message: &str) {
        self.0.lock().push((workload.pod.clone(), message.to_owned()));
    }
}

pub struct TestServer {
    pub address: std::net::SocketAddr,
    pub coffer: Coffer,
    pub clock: Arc<ManualClock>,
    /// An administrator's token.
    pub admin: String,
    pub told: Arc<Told>,
    pub data: TempDir,
    pub http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<Served>>,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::with(Choices::default()).await
    }

    pub async fn with(choices: Choices) -> Self {
        Self::at(choices, now()).await
    }

    /// With the clock at `start`.
    pub async fn at(choices: Choices, start: Timestamp) -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let coffer = open(&data, Arc::clone(&clock)).await;
        let made = bootstrap(&coffer, &OrgName::new(ORG).unwrap()).await.unwrap();
        let admin = String::from_utf8(made.token.reveal().to_vec()).unwrap();
        Self::over(choices, data, clock, coffer, admin).await
    }

    /// Ends it, and starts another one on the same store.
    pub async fn restarted(mut self, choices: Choices) -> Self {
        self.stop();
        self.ended().await;
        let Self {
            coffer,
            clock,
            admin,
            data,
            ..
        } = self;
        drop(coffer);
        let coffer = open(&data, Arc::clone(&clock)).await;
        Self::over(choices, data, clock, coffer, admin).await
    }

    /// Another server over the same store.
    pub async fn beside(&self, choices: Choices) -> Self {
        let (clock, coffer) = (Arc::clone(&self.clock), self.coffer.clone());
        let empty = tempfile::tempdir().unwrap();
        Self::over(choices, empty, clock, coffer, self.admin.clone()).await
    }

    async fn over(
        choices: Choices,
        data: TempDir,
        clock: Arc<ManualClock>,
        coffer: Coffer,
        admin: String,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let told = Arc::new(Told::default());
        let parts = ServerParts {
            coffer: coffer.clone(),
            identity: choices.identity,
            notices: Arc::clone(&told) as _,
            listener,
            tls: choices
                .certificates
                .as_ref()
                .map(|found| found.server_config().unwrap()),
            trust: choices.certificates.as_ref().map(|found| found.trust()),
            metrics: Arc::new(Metrics::new(Registry::new()).unwrap()),
            metrics_listener: None,
            limits: choices.limits,
            streams: StreamSettings {
                ping: choices.ping,
                of_namespace: choices.of_namespace,
            },
            access_log: choices.access_log,
            doors: choices.doors,
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            serve(parts, async {
                let _ = stopped.await;
            })
            .await
            .unwrap()
        });
        let http = client::plain();
        Self {
            address,
            coffer,
            clock,
            admin,
            told,
            data,
            http,
            stop: Some(stop),
            task: Some(task),
        }
    }

    /// One without this rate of a dialect's, whose webhooks may go to loopback.
    pub async fn unlimited(rate: &str) -> Self {
        let doors = DoorSettings {
            rates: vec![format!("{rate}=off").parse().unwrap()],
            webhook_allow: vec!["127.0.0.0/8".parse().unwrap()],
            ..DoorSettings::default()
        };
        Self::with(Choices {
            doors: doors.with_failures(None),
            ..Choices::default()
        })
        .await
    }

    /// The token of an administrator of another organization.
    pub async fn stranger(&self) -> String {
        let made = bootstrap(&self.coffer, &OrgName::new("stranger").unwrap())
            .await
            .unwrap();
        String::from_utf8(made.token.reveal().to_vec()).unwrap()
    }

    /// Asks the server to end.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> Served {
        self.task.take().unwrap().await.unwrap()
    }

    /// A key with these scopes everywhere in the organization.
    pub async fn key(&self, scopes: &[&str]) -> String {
        self.key_for(serde_json::json!({ "permissions": scopes })).await
    }

    /// A key with one grant.
    pub async fn key_for(&self, grant: serde_json::Value) -> String {
        let body = serde_json::json!({ "name": "test", "grants": [grant] });
        let reply = self
            .post(&format!("/organizations/{ORG}/api-keys"), &body)
            .await
            .expect(201);
        reply["token"].as_str().unwrap().to_owned()
    }
}

/// When tests begin.
pub fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// The path of a secret in the vault `default`, environment `default`.
pub fn secret(name: &str) -> String {
    format!("/organizations/{ORG}/vaults/default/environments/default/secrets/{name}")
}

async fn open(data: &TempDir, clock: Arc<ManualClock>) -> Coffer {
    let entropy = Arc::new(SystemEntropy::checked().unwrap());
    let kek = StaticKek::from_keys(
        Seed::from_slice(&[7; SEED_BYTES]).unwrap(),
        Vec::new(),
        Arc::clone(&entropy) as _,
    );
    let options = StoreOptions::new(data.path().join("store"), Arc::new(kek)).unwrap();
    let store = coffer_store::open(options).await.unwrap();
    Coffer::new(store, clock, entropy, Arc::new(SystemKeyPairs))
}
