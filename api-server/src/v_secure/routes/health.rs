//! `GET /health`

use axum::{http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::respond;

/// That it serves.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthOut {
    /// `healthy`.
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

/// Whether it serves; without a key.
#[utoipa::path(
    get,
    path = "/v1/security/health",
    tag = "health",
    security(()),
    responses((status = 200, description = "It does", body = HealthOut))
)]
pub async fn health() -> Response {
    let told = HealthOut {
        status: "healthy",
        version: env!("CARGO_PKG_VERSION"),
    };
    respond::json(StatusCode::OK, &told)
}
