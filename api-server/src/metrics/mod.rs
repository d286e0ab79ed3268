//! Counters, in Prometheus' text form. Labels are doors, route templates and classes: never a name or a value.

mod sampled;

use std::time::Duration;

use axum::http::StatusCode;
use coffer_domain::Error;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

pub use sampled::sample;

use crate::canonical::meters::Meters;

/// The content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds in seconds: from what a read takes to what a client notices.
const BUCKETS: [f64; 11] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0,
];

/// All counters of the doors, in a registry to which the embedding program may add its own.
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    /// Open streams, by kind.
    pub streams: IntGaugeVec,
    refused: IntCounterVec,
    /// Lines sent to agents, by kind.
    pub lines: IntCounterVec,
    /// Open connections.
    pub connections: IntGauge,
    /// What the Canonical door counts.
    pub canonical: Meters,
}

impl Metrics {
    /// New counters in `registry`.
    pub fn new(registry: Registry) -> Result<Self, prometheus::Error> {
        let requests = HistogramOpts::new(
            "coffer_http_request_seconds",
            "Time to answer, without streams' bodies",
        )
        .buckets(BUCKETS.to_vec());
        let metrics = Self {
            requests: HistogramVec::new(requests, &["door", "route", "class"])?,
            streams: IntGaugeVec::new(Opts::new("coffer_streams_open", "Open streams"), &["kind"])?,
            refused: IntCounterVec::new(
                Opts::new("coffer_auth_failures_total", "Refused credentials"),
                &["door"],
            )?,
            lines: IntCounterVec::new(
                Opts::new("coffer_agent_lines_total", "Lines sent to agents"),
                &["kind"],
            )?,
            connections: IntGauge::new("coffer_connections_open", "Open connections")?,
            canonical: Meters::new()?,
            registry,
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.streams.clone()))?;
        metrics.registry.register(Box::new(metrics.refused.clone()))?;
        metrics.registry.register(Box::new(metrics.lines.clone()))?;
        metrics.registry.register(Box::new(metrics.connections.clone()))?;
        metrics.registry.register(Box::new(metrics.canonical.clone()))?;
        Ok(metrics)
    }

    /// Notes an answer.
    pub fn answered(&self, route: &str, status: StatusCode, took: Duration) {
        self.answered_by(door(route), route, status, took);
    }

    /// Notes an answer of the door of this name.
    pub fn answered_by(&self, door: &str, route: &str, status: StatusCode, took: Duration) {
        let labels = [door, route, class(status)];
        self.requests
            .with_label_values(&labels)
            .observe(took.as_secs_f64());
    }

    /// Counts a refused credential; that the store did not answer is none.
    pub fn refused(&self, door: &str, error: &Error) {
        if matches!(error, Error::Unauthenticated(_)) {
            self.refused.with_label_values(&[door]).inc();
        }
    }

    /// Counts a stream as open for as long as what is returned lives.
    pub fn open_stream(&self, kind: &str) -> OpenStream {
        let gauge = self.streams.with_label_values(&[kind]);
        gauge.inc();
        OpenStream(gauge)
    }

    /// Everything in the registry, as text.
    pub fn text(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// An open stream, counted.
pub struct OpenStream(IntGauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The door that a route belongs to.
fn door(route: &str) -> &'static str {
    if route.starts_with("/coffer/v1/agent/") {
        "agent"
    } else if route.starts_with("/coffer/v1/") {
        "native"
    } else {
        "server"
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_door_route_and_class() {
        let metrics = Metrics::new(Registry::new()).unwrap();
        metrics.answered("/coffer/v1/whoami", StatusCode::OK, Duration::from_micros(200));
        metrics.answered("unmatched", StatusCode::NOT_FOUND, Duration::from_micros(20));
        let text = String::from_utf8(metrics.text().unwrap()).unwrap();
        assert!(text.contains(
            r#"coffer_http_request_seconds_count{class="2xx",door="native",route="/coffer/v1/whoami"} 1"#
        ));
        assert!(text.contains(r#"{class="4xx",door="server",route="unmatched"} 1"#));
    }
}
