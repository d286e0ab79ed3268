//! What the controllers count. Labels are kinds and results, never a name.

use std::time::Duration;

use coffer_domain::Error;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry};

/// The controllers' metrics.
#[derive(Clone)]
pub struct Metrics {
    reconciles: IntCounterVec,
    durations: HistogramVec,
    rotations: IntCounterVec,
    restarts: IntCounterVec,
    leading: IntGauge,
}

impl Metrics {
    /// Registers them. Fails if they are registered already.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        Self::registered(registry).map_err(|error| Error::Internal(error.to_string()))
    }

    fn registered(registry: &Registry) -> prometheus::Result<Self> {
        let reconciles = IntCounterVec::new(
            Opts::new("coffer_reconciles_total", "Reconciliations by kind and result"),
            &["kind", "result"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "coffer_reconcile_duration_seconds",
                "How long reconciliations took",
            )
            .buckets(vec![0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0]),
            &["kind"],
        )?;
        let rotations = IntCounterVec::new(
            Opts::new(
                "coffer_rotations_total",
                "Rotations by the operator: values of a VaultSecret, or an ApiKey",
            ),
            &["kind"],
        )?;
        let restarts = IntCounterVec::new(
            Opts::new(
                "coffer_restarts_total",
                "Workloads and changed secrets, by what was done: restarted, evicted, returned, looping",
            ),
            &["result"],
        )?;
        let leading = IntGauge::new("coffer_leading", "1 while this operator holds the Lease")?;
        registry.register(Box::new(reconciles.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(rotations.clone()))?;
        registry.register(Box::new(restarts.clone()))?;
        registry.register(Box::new(leading.clone()))?;
        Ok(Self {
            reconciles,
            durations,
            rotations,
            restarts,
            leading,
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

    /// A step of a restart was taken.
    pub fn restarted(&self, result: &str) {
        self.restarts.with_label_values(&[result]).inc();
    }

    /// Whether this operator leads.
    pub fn leads(&self, leads: bool) {
        self.leading.set(i64::from(leads));
    }
}
