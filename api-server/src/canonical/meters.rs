//! What this door counts, under the product's own names. Labels are effects, codes, providers and policies' versions:
//! never a secret's name.

use std::time::{Duration, Instant};

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts,
    core::{Collector, Desc},
    proto::MetricFamily,
};

use super::error::Failure;

/// Upper bounds: from what memory takes to what a client notices.
const SECONDS: [f64; 9] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0];
const MILLIS: [f64; 9] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 25.0, 250.0, 2500.0];
/// The longest name of a policy's version that is a label; the policy decision point chooses it.
const LONGEST_POLICY: usize = 64;

/// Everything that is counted.
#[derive(Clone)]
pub struct Meters {
    permitted: IntCounter,
    denied: IntCounter,
    remembered: IntCounter,
    asked: IntCounter,
    remembered_denials: IntCounter,
    undecided: IntCounter,
    circuits: IntCounter,
    replays: IntCounter,
    mounts: IntCounter,
    certified: IntCounter,
    mismatched: IntCounter,
    deciding: Histogram,
    first: Histogram,
    again: Histogram,
    decisions: IntCounterVec,
    errors: IntCounterVec,
    denials: IntCounterVec,
    certificates: IntCounterVec,
    enforcing: HistogramVec,
    provider: HistogramVec,
}

impl Meters {
    /// At zero.
    pub fn new() -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| IntCounter::new(name, help);
        let counters =
            |name: &str, help: &str, label: &str| IntCounterVec::new(Opts::new(name, help), &[label]);
        let buckets = |name: &str, help: &str, bounds: [f64; 9]| {
            HistogramOpts::new(name, help).buckets(bounds.to_vec())
        };
        let decisions = counters("secrets_decisions_total", "Decisions on operations", "effect")?;
        let enforcing = buckets("pep_latency_ms", "Time until an operation is decided", MILLIS);
        let enforcing = HistogramVec::new(enforcing, &["hit"])?;
        let deciding = buckets("pdp_latency_ms", "Time of the policy decision point", MILLIS);
        let provider = buckets(
            "provider_request_latency_seconds",
            "Time of what keeps secrets",
            SECONDS,
        );
        Ok(Self {
            permitted: decisions.with_label_values(&["Permit"]),
            denied: decisions.with_label_values(&["Deny"]),
            remembered: counter("grant_hit_total", "Permissions that were remembered")?,
            asked: counter("grant_miss_total", "Permissions that had to be asked for")?,
            remembered_denials: counter("grant_negative_cache_hit_total", "Denials that were remembered")?,
            undecided: counter(
                "pdp_error_total",
                "Questions that the policy decision point left open",
            )?,
            circuits: counter(
                "provider_circuit_open_total",
                "Requests refused because a provider is left alone",
            )?,
            replays: counter("anti_replay_total", "Tokens and proofs refused as replayed")?,
            mounts: counter(
                "tenant_mount_violation_total",
                "Requests for a mount that is not the tenant's",
            )?,
            certified: counter("mtls_auth_success_total", "Certificates that were taken")?,
            mismatched: counter("mtls_pop_mismatch_total", "Tokens bound to another certificate")?,
            deciding: Histogram::with_opts(deciding)?,
            first: enforcing.with_label_values(&["first"]),
            again: enforcing.with_label_values(&["grant"]),
            decisions,
            errors: counters("secrets_errors_total", "Requests that failed", "code")?,
            denials: counters("secret_denies_total", "Denials by a policy", "policy")?,
            certificates: counters(
                "mtls_auth_failure_total",
                "Certificates that were refused",
                "reason",
            )?,
            enforcing,
            provider: HistogramVec::new(provider, &["provider", "op"])?,
        })
    }

    fn all(&self) -> [&dyn Collector; 16] {
        [
            &self.decisions,
            &self.errors,
            &self.denials,
            &self.certificates,
            &self.enforcing,
            &self.provider,
            &self.deciding,
            &self.remembered,
            &self.asked,
            &self.remembered_denials,
            &self.undecided,
            &self.circuits,
            &self.replays,
            &self.mounts,
            &self.certified,
            &self.mismatched,
        ]
    }

    /// An operation was permitted, `since` when, by what was `remembered` or else by the first word on it.
    pub fn permit(&self, since: Instant, remembered: bool) {
        self.permitted.inc();
        let enforcing = if remembered { &self.again } else { &self.first };
        enforcing.observe(millis(since.elapsed()));
    }

    /// The memory of decisions was looked into: it held a permission, a denial, or nothing.
    pub fn recall(&self, found: Option<bool>) {
        match found {
            Some(true) => self.remembered.inc(),
            Some(false) => self.remembered_denials.inc(),
            None => self.asked.inc(),
        }
    }

    /// The policy decision point answered, or did not.
    pub fn decided(&self, took: Duration, failure: Option<&Failure>) {
        self.deciding.observe(millis(took));
        if failure.is_some_and(|failure| failure.status() != 403) {
            self.undecided.inc();
        }
    }

    /// A provider was done with an operation of this kind.
    pub fn provided(&self, provider: &str, op: &str, since: Instant) {
        let seconds = since.elapsed().as_secs_f64();
        self.provider.with_label_values(&[provider, op]).observe(seconds);
    }

    /// A certificate was shown, and is good for what was asked.
    pub fn certified(&self) {
        self.certified.inc();
    }

    /// Counts a request, or one operation of many, that failed.
    pub fn failed(&self, failure: &Failure) {
        let code = failure.code();
        self.errors.with_label_values(&[code]).inc();
        match code {
            "TENANT_MOUNT_MISMATCH" => self.mounts.inc(),
            "PROVIDER_CIRCUIT_OPEN" => self.circuits.inc(),
            "DPOP_REPLAY" => self.replays.inc(),
            "certificate_missing" | "certificate_blocklisted" => self.uncertified(code),
            "sender_binding_mismatch" => {
                self.uncertified(code);
                self.mismatched.inc();
            }
            _ => {}
        }
        if failure.reason() == Some("jti_replay") {
            self.replays.inc();
        }
        if failure.status() == 403 {
            self.denied.inc();
        }
        if let Some(policy) = failure.policy() {
            let known = policy.len() <= LONGEST_POLICY;
            let label = if known { policy } else { "other" };
            self.denials.with_label_values(&[label]).inc();
        }
    }

    fn uncertified(&self, reason: &str) {
        self.certificates.with_label_values(&[reason]).inc();
    }
}

impl Collector for Meters {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_refusal_counts_where_the_product_counts_it() {
        let meters = Meters::new().unwrap();
        for failure in [
            Failure::certificate("certificate_missing", "none"),
            Failure::certificate("sender_binding_mismatch", "another"),
            Failure::replayed(),
            Failure::new(403, "SECRET_AUTHZ_FAILED", "used").with(json!({ "reason": "jti_replay" })),
            Failure::new(503, "PROVIDER_CIRCUIT_OPEN", "left alone"),
            Failure::new(403, "SECRET_AUTHZ_FAILED", "no")
                .with(json!({ "failures": [], "policy_version": "v".repeat(LONGEST_POLICY + 1) })),
        ] {
            meters.failed(&failure);
        }
        let reasons = |reason: &str| meters.certificates.with_label_values(&[reason]).get();
        assert_eq!(
            (reasons("certificate_missing"), reasons("sender_binding_mismatch")),
            (1, 1)
        );
        assert_eq!((meters.mismatched.get(), meters.replays.get()), (1, 2));
        assert_eq!((meters.circuits.get(), meters.denied.get()), (1, 2));
        assert_eq!(meters.denials.with_label_values(&["other"]).get(), 1);
    }
}
