//! `GET /endpoint`

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::secryn::{auth::Signed, openapi::Refused, page, page::One};

/// What a good token is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProbeOut {
    /// That it is one.
    ok: bool,
}

/// Says whether a token works: the placeholder of the documentation's first example.
#[utoipa::path(
    get,
    path = "/v1/endpoint",
    tag = "health",
    responses((status = 200, description = "It works", body = One<ProbeOut>), Refused)
)]
pub async fn probe(_: Signed) -> Response {
    page::one(ProbeOut { ok: true })
}
