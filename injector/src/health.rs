//! Readiness: the parts that must be in place before the API server may send reviews here, and why one is
//! not. Served, with the metrics, on a port of its own without TLS.

use std::{fmt, fmt::Write as _, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use parking_lot::Mutex;

use crate::metrics::Metrics;

/// A part of readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A certificate is loaded.
    Certificate,
    /// The webhook configuration trusts it.
    CaBundle,
    /// The bundle that agents are to trust is read.
    Trust,
    /// The `Vault`s are known.
    Vaults,
    /// The `VaultSecret`s are known.
    VaultSecrets,
    /// The program is not about to end.
    Staying,
}

const PARTS: [Part; 6] = [
    Part::Certificate,
    Part::CaBundle,
    Part::Trust,
    Part::Vaults,
    Part::VaultSecrets,
    Part::Staying,
];

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::CaBundle => "ca-bundle",
            Self::Trust => "trust",
            Self::Vaults => "vaults",
            Self::VaultSecrets => "vaultsecrets",
            Self::Staying => "staying",
        })
    }
}

/// What is ready, and of the rest why not.
#[derive(Debug)]
pub struct Health {
    failures: Mutex<[Option<String>; PARTS.len()]>,
}

impl Default for Health {
    fn default() -> Self {
        let failures = PARTS.map(|part| (part != Part::Staying).then(|| "not yet".to_owned()));
        Self {
            failures: Mutex::new(failures),
        }
    }
}

impl Health {
    /// A part is in place.
    pub fn set_ready(&self, part: Part) {
        self.failures.lock()[part as usize] = None;
    }

    /// A part is not in place. A part that was stays so for trouble that leaves it usable: the caller knows.
    pub fn set_failure(&self, part: Part, reason: impl Into<String>) {
        self.failures.lock()[part as usize] = Some(reason.into());
    }

    /// Trouble that matters only while the part was never in place: a watch that broke leaves what it read.
    pub fn set_trouble(&self, part: Part, reason: impl Into<String>) {
        if let Some(failure) = &mut self.failures.lock()[part as usize] {
            *failure = reason.into();
        }
    }

    /// Whether everything is in place.
    pub fn is_ready(&self) -> bool {
        self.failures.lock().iter().all(Option::is_none)
    }

    /// One line for each part.
    pub fn report(&self) -> String {
        let mut report = String::new();
        for (part, failure) in PARTS.iter().zip(self.failures.lock().iter()) {
            let _ = match failure {
                None => writeln!(report, "{part}: ok"),
                Some(reason) => writeln!(report, "{part}: {reason}"),
            };
        }
        report
    }
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn router(health: Arc<Health>, metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz).with_state(health))
        .route(
            "/metrics",
            get(|State(metrics): State<Arc<Metrics>>| async move { metrics.render() }).with_state(metrics),
        )
}

async fn readyz(State(health): State<Arc<Health>>) -> impl IntoResponse {
    let status = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, health.report())
}
