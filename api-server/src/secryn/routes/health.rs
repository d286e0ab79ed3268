//! `GET /health`

use axum::{http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{context::RequestContext, respond},
    secryn::error::FailureOut,
};

/// What is told without a token.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthOut {
    /// `ok`.
    status: &'static str,
    /// Of the API, as its documentation counts.
    version: &'static str,
}

/// The server answers.
#[utoipa::path(
    get,
    path = "/v1/health",
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "It does", body = HealthOut),
        (status = 429, description = "Too many requests", body = FailureOut),
    )
)]
pub async fn health(_: RequestContext) -> Response {
    let told = HealthOut {
        status: "ok",
        version: "1.0.0",
    };
    respond::json(StatusCode::OK, &told)
}
