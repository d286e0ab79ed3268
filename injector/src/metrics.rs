//! The metrics, and their names. Labels hold outcomes only, never a name out of a pod.

use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry, TextEncoder, core::Collector,
};

use crate::{bundle, review::Outcome};

/// The injector's metrics, in a registry of their own.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reviews: IntCounterVec,
    seconds: Histogram,
    certificate_expiry: IntGauge,
    bundles: IntCounterVec,
}

/// Bounds of the histogram, in seconds: a review takes tens of microseconds.
const BUCKETS: [f64; 10] = [
    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.025, 0.25,
];

impl Metrics {
    /// Registers them.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let reviews = Opts::new(
            "coffer_injector_reviews_total",
            "Admission reviews answered, by outcome.",
        );
        let seconds = HistogramOpts::new(
            "coffer_injector_review_seconds",
            "Time from a review's whole body to its answer, in seconds.",
        );
        let expiry = "Expiry of the certificate that is served, in seconds since 1970.";
        let bundles = Opts::new(
            "coffer_injector_bundle_requests_total",
            "Requests of pods about last-known-good bundles, by outcome: a key given out (the pod starts with older \
             values), the word that a pod holds current values again, refusals.",
        );
        let metrics = Self {
            reviews: IntCounterVec::new(reviews, &["outcome"])?,
            seconds: Histogram::with_opts(seconds.buckets(BUCKETS.to_vec()))?,
            certificate_expiry: IntGauge::new("coffer_injector_certificate_expiry_seconds", expiry)?,
            bundles: IntCounterVec::new(bundles, &["outcome"])?,
            registry,
        };
        let all: [Box<dyn Collector>; 4] = [
            Box::new(metrics.bundles.clone()),
            Box::new(metrics.reviews.clone()),
            Box::new(metrics.seconds.clone()),
            Box::new(metrics.certificate_expiry.clone()),
        ];
        for collector in all {
            metrics.registry.register(collector)?;
        }
        for outcome in Outcome::ALL {
            metrics.reviews.with_label_values(&[outcome.as_str()]).reset();
        }
        for outcome in bundle::Outcome::ALL {
            metrics.bundles.with_label_values(&[outcome.as_str()]).reset();
        }
        Ok(metrics)
    }

    /// Counts one request about a bundle.
    pub fn count_bundle(&self, outcome: bundle::Outcome) {
        self.bundles.with_label_values(&[outcome.as_str()]).inc();
    }

    /// Counts one answer.
    pub fn count(&self, outcome: Outcome) {
        self.reviews.with_label_values(&[outcome.as_str()]).inc();
    }

    /// Starts timing one review; it is observed when the timer is dropped.
    pub fn start(&self) -> prometheus::HistogramTimer {
        self.seconds.start_timer()
    }

    /// Says when the served certificate expires.
    pub fn set_certificate_expiry(&self, unix_seconds: i64) {
        self.certificate_expiry.set(unix_seconds);
    }

    /// Prometheus' text form.
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "metrics cannot be written");
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}
