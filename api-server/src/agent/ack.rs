//! `POST /coffer/v1/agent/ack`

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_wire::AckRequest;

use super::{auth::Pod, request};
use crate::{
    app::App,
    http::{body, respond},
    native::{error::ApiError, model::FailureOut},
};

/// Takes a pod's word that versions are in place, and enters it in the ledger.
#[utoipa::path(
    post,
    path = "/coffer/v1/agent/ack",
    tag = "agent",
    request_body(content = Object, description = "The versions in place"),
    responses(
        (status = 204, description = "Entered in the ledger"),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid token of a live pod", body = FailureOut),
        (status = 403, description = "The vault does not let the pod in", body = FailureOut),
        (status = 404, description = "No such delivery to this pod", body = FailureOut),
        (status = 503, description = "The store cannot take it now", body = FailureOut),
    )
)]
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    pod: Pod,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let request: AckRequest = body::json(&headers, body).await?;
    let place = request::place(request.organization, request.vault, request.environment)?;
    let entries = request::entries(request.entries)?;
    app.coffer.acknowledge(&pod.caller, &place, &entries).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}
