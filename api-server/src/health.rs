//! `/healthz`, `/readyz`, `/metrics`: without credentials, and without a word on anything kept here.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::Response,
    routing::get,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{context::RequestContext, respond},
    metrics,
    native::error,
};

/// What a probe is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthOut {
    /// `ok`, or `unready`.
    status: &'static str,
    /// What is not ready: `store`, `workload-keys`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    waiting: Vec<&'static str>,
}

/// The probes, and the metrics if this listener answers them.
pub fn router(with_metrics: bool) -> Router<Arc<App>> {
    let probes = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz));
    if with_metrics {
        probes.route("/metrics", get(metrics))
    } else {
        probes
    }
}

/// The process runs and answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "health",
    security(()),
    responses((status = 200, description = "The process runs", body = HealthOut))
)]
pub async fn healthz(_: RequestContext) -> Response {
    respond::json(
        StatusCode::OK,
        &HealthOut {
            status: "ok",
            waiting: Vec::new(),
        },
    )
}

/// Requests can be served: the store answers, and pods' tokens can be verified where that is set up.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "Ready", body = HealthOut),
        (status = 503, description = "Not ready", body = HealthOut),
    )
)]
pub async fn readyz(State(app): State<Arc<App>>, _: RequestContext) -> Response {
    let mut waiting = Vec::new();
    if app.coffer.all_changes(u64::MAX >> 1).await.is_err() {
        waiting.push("store");
    }
    if let Some(identity) = &app.identity
        && !identity.is_ready().await
    {
        waiting.push("workload-keys");
    }
    if waiting.is_empty() {
        return respond::json(
            StatusCode::OK,
            &HealthOut {
                status: "ok",
                waiting,
            },
        );
    }
    respond::json(
        StatusCode::SERVICE_UNAVAILABLE,
        &HealthOut {
            status: "unready",
            waiting,
        },
    )
}

/// Counters in Prometheus' text form.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "health",
    security(()),
    responses((status = 200, description = "Counters", body = String, content_type = "text/plain"))
)]
pub async fn metrics(State(app): State<Arc<App>>, _: RequestContext) -> Response {
    match app.metrics.text() {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            let kind = HeaderValue::from_static(metrics::CONTENT_TYPE);
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        Err(why) => error::internal(&why.to_string()),
    }
}
