//! An operator on a fake API server and a real store, and the means to wait for what it does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use coffer_bundle::{ROOT_BYTES, RootKeys};
use coffer_domain::{
    address::Place,
    audit::{AuditEvent, AuditFilter},
    copy_rule::CopyRules,
    port::{Clock, Entropy},
    provider::Provider,
    secret_value::SecretValue,
    usecase::{Caller, Coffer, audit::AuditPage, secrets::PutOptions},
};
use coffer_operator::{
    bundle::Desk,
    context::{Context, Parts, SecretNamespaces},
    events::Events,
    mailbox::mail,
    metrics::Metrics,
    pods::Pods,
    remote::Remotes,
    restart::Options,
    run::{caches, run},
};
use coffer_store::{Seed, StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs, kek::StaticKek};
use jiff::{SignedDuration, Timestamp};
use prometheus::Registry;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};

use crate::{fake::Fake, flaky::Flaky};

/// Longer than anything takes; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a server is asked for what is new: soon enough for a test.
const OFTEN: Duration = Duration::from_millis(50);

/// Bundles are sealed with this key.
pub fn root() -> RootKeys {
    RootKeys::new(SecretValue::new(vec![5; ROOT_BYTES]), None).unwrap()
}

fn desk() -> Desk {
    Desk::new(root(), Arc::new(SystemEntropy::checked().unwrap()))
}

/// The system's clock, moved on by hand.
pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub struct World {
    pub fake: Fake,
    pub coffer: Coffer,
    pub store: Flaky,
    pub registry: Registry,
    pub bundles: Arc<Desk>,
    clock: Arc<TestClock>,
    secret_namespaces: SecretNamespaces,
    remote: Option<(Arc<dyn Provider>, CopyRules)>,
    pub restarts: Options,
    running: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    _data: tempfile::TempDir,
}

impl World {
    /// With the namespace `team`, where Secrets may be used.
    pub async fn new() -> Self {
        let fake = Fake::new();
        for namespace in ["team", "other"] {
            fake.apply("namespaces", json!({"metadata": {"name": namespace}}));
        }
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(0)));
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::checked().unwrap());
        let kek = Arc::new(StaticKek::from_keys(
            Seed::fresh(&*entropy),
            Vec::new(),
            entropy.clone(),
        ));
        let store = coffer_store::open(StoreOptions::new(data.path().join("store"), kek).unwrap())
            .await
            .unwrap();
        let store = Flaky::new(store);
        let pairs = Arc::new(SystemKeyPairs);
        let coffer = Coffer::new(Arc::new(store.clone()), clock.clone(), entropy, pairs);
        let these = SecretNamespaces::These(["team".to_owned()].into());
        Self {
            fake,
            coffer,
            store,
            registry: Registry::new(),
            bundles: Arc::new(desk()),
            clock,
            secret_namespaces: these,
            remote: None,
            restarts: Options {
                enabled: true,
                ..Options::default()
            },
            running: None,
            _data: data,
        }
    }

    /// And an operator that runs.
    pub async fn started() -> Self {
        let mut world = Self::new().await;
        world.start();
        world
    }

    /// With a server to copy from, and rules of what.
    pub fn feed(&mut self, server: Arc<dyn Provider>, rules: &[&str]) {
        let rules = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        self.remote = Some((server, CopyRules::new(rules)));
    }

    pub fn start(&mut self) {
        assert!(self.running.is_none());
        let (caches, writers) = caches();
        let (mail, inboxes) = mail();
        let client = self.fake.client();
        self.registry = Registry::new();
        let pods = Arc::new(Pods::new(client.clone(), self.coffer.clone()));
        let context = Context::from(Parts {
            client: client.clone(),
            coffer: self.coffer.clone(),
            secret_namespaces: self.secret_namespaces.clone(),
            remotes: match &self.remote {
                Some((server, rules)) => Remotes::new(server.clone(), rules.clone(), OFTEN),
                None => Remotes::none(),
            },
            caches,
            mail,
            events: Events::new(client, self.clock.clone(), "operator-0".into()),
            metrics: Metrics::new(&self.registry).unwrap(),
            pods: pods.clone(),
            bundles: Some(self.bundles.clone()),
        });
        let restarts = self.restarts;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            tokio::select! {
                () = run(Arc::new(context), writers, inboxes, restarts, stopped) => {}
                () = pods.watch() => {}
            }
        });
        self.running = Some((stop, task));
    }

    pub async fn stop(&mut self) {
        let (stop, task) = self.running.take().expect("it runs");
        stop.send_replace(true);
        tokio::time::timeout(PATIENCE, task)
            .await
            .expect("it ends")
            .unwrap();
    }

    /// As if it were killed: nothing is finished.
    pub fn kill(&mut self) {
        let (_, task) = self.running.take().expect("it runs");
        task.abort();
    }

    pub fn advance(&self, by: SignedDuration) {
        self.clock.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits until `holds` of the objects.
    pub async fn until(&self, what: &str, holds: impl Fn(&Fake) -> bool) {
        self.until_within(PATIENCE, what, holds).await;
    }

    /// So long at most.
    pub async fn until_within(&self, patience: Duration, what: &str, holds: impl Fn(&Fake) -> bool) {
        let mut changes = self.fake.changes();
        let wait = async {
            while !holds(&self.fake) {
                changes.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(patience, wait).await.is_err() {
            let objects: Vec<Value> = ["vaults", "vaultsecrets", "apikeys", "events"]
                .iter()
                .flat_map(|it| self.fake.list(it))
                .collect();
            panic!(
                "never came: {what}\n{}",
                serde_json::to_string_pretty(&objects).unwrap()
            );
        }
    }

    /// Waits until Ready of an object of `team` has this reason, for its present generation.
    pub async fn until_reason(&self, plural: &str, name: &str, reason: &str) {
        let what = format!("{plural}/{name} with reason {reason}");
        self.until(&what, |fake| {
            let Some(object) = fake.get(plural, "team", name) else {
                return false;
            };
            let ready = condition(&object, "Ready");
            ready["reason"] == reason && ready["observedGeneration"] == object["metadata"]["generation"]
        })
        .await;
    }

    pub async fn until_ready(&self, plural: &str, name: &str) {
        self.until_reason(plural, name, "Reconciled").await;
    }

    /// The message of Ready.
    pub fn message(&self, plural: &str, name: &str) -> String {
        let object = self.fake.get(plural, "team", name).unwrap();
        condition(&object, "Ready")["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until everything asked so far has been done: an object applied now is reconciled after it.
    pub async fn settle(&self) {
        let name = format!("sentinel-{}", self.fake.list("vaults").len());
        self.fake.apply("vaults", vault(&name, json!({})));
        self.until_ready("vaults", &name).await;
        self.fake.apply(
            "vaultsecrets",
            secrets(
                &name,
                json!({"vaultRef": {"name": name}, "data": {"A": {"generate": {"type": "uuid"}}}}),
            ),
        );
        self.until_ready("vaultsecrets", &name).await;
    }

    pub async fn value(&self, name: &str) -> Result<SecretValue, coffer_domain::Error> {
        let address = place("default").secret(name.parse().unwrap());
        self.coffer
            .read_secret(&Caller::controller(), &address, None)
            .await
            .map(|read| read.value)
    }

    pub async fn put(&self, name: &str, value: &str) {
        let address = place("default").secret(name.parse().unwrap());
        let value = SecretValue::from(value);
        self.coffer
            .put_secret(&Caller::controller(), &address, value, PutOptions::default())
            .await
            .unwrap();
    }

    /// Once the vault is there.
    pub async fn put_when_there(&self, name: &str, value: &str) {
        self.until_ready("vaults", "app").await;
        self.put(name, value).await;
    }

    /// What is on record of this action in the team's audit log.
    pub async fn recorded(&self, action: &str) -> Vec<AuditEvent> {
        let filter = AuditFilter {
            actions: vec![action.to_owned()],
            ..AuditFilter::default()
        };
        let page = AuditPage {
            limit: 100,
            ..AuditPage::default()
        };
        let (caller, team) = (Caller::controller(), "team".parse().unwrap());
        let found = self.coffer.search_audit(&caller, &team, &filter, page).await;
        found
            .unwrap()
            .events
            .into_iter()
            .map(|(_, event)| event)
            .collect()
    }

    /// Waits for that many reconciliations since the start.
    pub async fn until_reconciled(&self, count: f64) {
        let wait = async {
            while self.reconciled() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .expect("enough is reconciled");
    }

    fn reconciled(&self) -> f64 {
        let families = self.registry.gather();
        let family = families
            .iter()
            .find(|family| family.name() == "coffer_reconciles_total");
        let metrics = family
            .map(prometheus::proto::MetricFamily::get_metric)
            .unwrap_or_default();
        metrics
            .iter()
            .map(|metric| metric.get_counter().get_value())
            .sum()
    }

    pub fn events(&self, reason: &str) -> Vec<Value> {
        self.fake
            .list("events")
            .into_iter()
            .filter(|event| event["reason"] == reason)
            .collect()
    }
}

/// An environment of `team/app`.
pub fn place(environment: &str) -> Place {
    format!("coffer://team/app/{environment}/x")
        .parse::<coffer_domain::address::Reference>()
        .unwrap()
        .address
        .place
}

pub fn condition(object: &Value, kind: &str) -> Value {
    let all = object["status"]["conditions"].as_array();
    all.and_then(|all| all.iter().find(|it| it["type"] == kind))
        .cloned()
        .unwrap_or_default()
}

pub fn vault(name: &str, spec: Value) -> Value {
    object("Vault", name, spec)
}

pub fn secrets(name: &str, spec: Value) -> Value {
    object("VaultSecret", name, spec)
}

pub fn api_key(name: &str, spec: Value) -> Value {
    object("ApiKey", name, spec)
}

fn object(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "coffer.dev/v1alpha1", "kind": kind, "metadata": {"namespace": "team", "name": name}, "spec": spec})
}

/// A spec with vault `app` and these entries.
pub fn data(data: Value) -> Value {
    json!({"vaultRef": {"name": "app"}, "data": data})
}
