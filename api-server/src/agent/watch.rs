//! `POST /coffer/v1/agent/watch`

use std::sync::Arc;

use axum::{body::Body, extract::State, http::HeaderMap, response::Response};
use coffer_wire::{Message, WatchRequest};

use super::{auth::Pod, request::Subscription, stream::Feed};
use crate::{
    app::App,
    http::{body, respond},
    native::{error::ApiError, model::FailureOut},
};

/// Opens a pod's stream: newline-delimited JSON, the values first, and again whenever any of them changed.
/// What cannot be given, now or later, is a line that says why; the values follow once it can.
#[utoipa::path(
    post,
    path = "/coffer/v1/agent/watch",
    tag = "agent",
    request_body(content = Object, description = "Which secrets of which environment"),
    responses(
        (status = 200, description = "Lines", body = Object, content_type = "application/x-ndjson"),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid token of a live pod", body = FailureOut),
        (status = 429, description = "The namespace has as many streams open as it may have", body = FailureOut),
        (status = 503, description = "The store cannot answer now", body = FailureOut),
    )
)]
pub async fn watch(
    State(app): State<Arc<App>>,
    pod: Pod,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let request: WatchRequest = body::json(&headers, body).await?;
    let subscription = Subscription::try_from(request)?;
    let namespace = &pod.workload.namespace;
    let seat = app.seats.take(namespace).ok_or(ApiError::Crowded)?;
    let feed = Feed::open(app, pod, subscription, seat).await?;
    Ok(respond::stream("application/x-ndjson", feed.into_body()))
}

/// The label of a line in the metrics.
pub(super) fn kind(message: &Message) -> &'static str {
    match message {
        Message::Values { .. } => "values",
        Message::Trust { .. } => "trust",
        Message::Held(_) => "held",
        Message::Leaving => "leaving",
        Message::Ping => "ping",
    }
}
