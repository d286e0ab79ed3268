//! `GET /v1/health` and `GET /health`

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;

use crate::{
    app::App,
    http::{context::RequestContext, respond},
    keyway::model::Moment,
};

#[derive(Serialize)]
struct HealthOut {
    status: &'static str,
    version: &'static str,
    timestamp: Moment,
}

#[derive(Serialize)]
struct WholeOut {
    status: &'static str,
    timestamp: Moment,
    environment: &'static str,
    database: &'static str,
    crypto: &'static str,
}

/// The server answers.
pub async fn health(State(app): State<Arc<App>>, _: RequestContext) -> Response {
    let told = HealthOut {
        status: "ok",
        version: "v1",
        timestamp: Moment(app.coffer.clock().now()),
    };
    respond::json(StatusCode::OK, &told)
}

/// The server answers, and so does what it stands on.
pub async fn whole(State(app): State<Arc<App>>, _: RequestContext) -> Response {
    // The signing key is kept sealed: having it takes the store and its keys.
    let works = app.keyway.cases.signing_key().await.is_ok();
    let (status, state, part) = if works {
        (StatusCode::OK, "healthy", "connected")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", "disconnected")
    };
    let told = WholeOut {
        status: state,
        timestamp: Moment(app.coffer.clock().now()),
        environment: "production",
        database: part,
        crypto: part,
    };
    respond::json(status, &told)
}
