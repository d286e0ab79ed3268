//! What the controllers count. Labels are kinds and results, never a name.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use coffer_domain::Error;
use jiff::Timestamp;
use parking_lot::Mutex;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// The controllers' metrics.
#[derive(Clone)]
pub struct Metrics {
    reconciles: IntCounterVec,
    durations: HistogramVec,
    rotations: IntCounterVec,
    remote: IntCounterVec,
    restarts: IntCounterVec,
    leading: IntGauge,
    bundles: IntGauge,
    waiting: IntGaugeVec,
    waiting_since: IntGaugeVec,
    waits: Waits,
}

/// Since when each object waits, by its kind and uid.
type Waits = Arc<Mutex<BTreeMap<(&'static str, String), Timestamp>>>;

impl Metrics {
    /// Registers them. Fails if they are registered already.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        Self::registered(registry).map_err(|error| Error::Internal(error.to_string()))
    }

    fn registered(registry: &Registry) -> prometheus::Result<Self> {
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let made = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(made.clone()))?;
            prometheus::Result::Ok(made)
        };
        let gauges = |name: &str, help: &str| {
            let made = IntGaugeVec::new(Opts::new(name, help), &["kind"])?;
            registry.register(Box::new(made.clone()))?;
            prometheus::Result::Ok(made)
        };
        let durations = HistogramOpts::new(
            "coffer_reconcile_duration_seconds",
            "How long reconciliations took",
        );
        let durations = durations.buckets(vec![0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0]);
        let durations = HistogramVec::new(durations, &["kind"])?;
        let leading = IntGauge::new("coffer_leading", "1 while this operator holds the Lease")?;
        registry.register(Box::new(durations.clone()))?;
        let bundles = IntGauge::new(
            "coffer_bundles",
            "Last-known-good bundles that are kept for pods to start with",
        )?;
        registry.register(Box::new(leading.clone()))?;
        registry.register(Box::new(bundles.clone()))?;
        Ok(Self {
            durations,
            leading,
            bundles,
            reconciles: counters(
                "coffer_reconciles_total",
                "Reconciliations by kind and result",
                &["kind", "result"],
            )?,
            rotations: counters(
                "coffer_rotations_total",
                "Rotations by the operator: values of a VaultSecret, or an ApiKey",
                &["kind"],
            )?,
            remote: counters(
                "coffer_remote_requests_total",
                "Requests to the server that values are copied from, by what for and result",
                &["kind", "result"],
            )?,
            restarts: counters(
                "coffer_restarts_total",
                "Workloads and changed secrets, by what was done: restarted, evicted, returned, looping",
                &["result"],
            )?,
            waiting: gauges(
                "coffer_rotations_waiting",
                "Objects whose rotation waits for pods to acknowledge the new version",
            )?,
            waiting_since: gauges(
                "coffer_rotations_waiting_since_seconds",
                "Unix time since when the oldest of them waits; 0: none does",
            )?,
            waits: Waits::default(),
        })
    }

    /// One reconciliation ended.
    pub fn reconciled(&self, kind: &str, result: &str, took: Duration) {
        self.reconciles.with_label_values(&[kind, result]).inc();
        self.durations
            .with_label_values(&[kind])
            .observe(took.as_secs_f64());
    }

    /// One rotation was made.
    pub fn rotated(&self, kind: &str) {
        self.rotations.with_label_values(&[kind]).inc();
    }

    /// So many bundles are kept.
    pub fn bundles(&self, count: usize) {
        self.bundles.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A step of a restart was taken.
    pub fn restarted(&self, result: &str) {
        self.restarts.with_label_values(&[result]).inc();
    }

    /// Since when an object's rotation waits for pods; `None`: it does not, or the object is gone.
    pub fn waits(&self, kind: &'static str, uid: &str, since: Option<Timestamp>) {
        let mut waits = self.waits.lock();
        let key = (kind, uid.to_owned());
        match since {
            Some(since) => drop(waits.insert(key, since)),
            None => drop(waits.remove(&key)),
        }
        let of_kind = || waits.iter().filter(|((its, _), _)| *its == kind);
        let oldest = of_kind().map(|(_, since)| since.as_second()).min().unwrap_or(0);
        let number = i64::try_from(of_kind().count()).unwrap_or(i64::MAX);
        self.waiting.with_label_values(&[kind]).set(number);
        self.waiting_since.with_label_values(&[kind]).set(oldest);
    }

    /// The other server was asked for something, and answered so.
    pub fn asked_remote(&self, kind: &str, result: &str) {
        self.remote.with_label_values(&[kind, result]).inc();
    }

    /// Whether this operator leads.
    pub fn leads(&self, leads: bool) {
        self.leading.set(i64::from(leads));
    }
}
