//! `POST /coffer/v1/agent/watch`

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use coffer_wire::{Failure, Message, WatchRequest};

use super::{auth::Pod, request::Subscription, stream::Feed};
use crate::{
    app::App,
    http::{body, respond},
    native::{error::ApiError, model::FailureOut},
};

/// Opens a pod's stream: newline-delimited JSON, the values first, and again whenever any of them changed.
/// A refusal before the first values is an error answer; a later one is a line of the stream.
#[utoipa::path(
    post,
    path = "/coffer/v1/agent/watch",
    tag = "agent",
    request_body(content = Object, description = "Which secrets of which environment"),
    responses(
        (status = 200, description = "Lines", body = Object, content_type = "application/x-ndjson"),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid token of a live pod", body = FailureOut),
        (status = 403, description = "The vault lets the pod in, but not to one of the secrets", body = FailureOut),
        (status = 404, description = "No such vault, environment or secret, or it is hidden", body = FailureOut),
        (status = 422, description = "An env file cannot carry one of the values", body = FailureOut),
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
    let (place, workload, notices) = (
        subscription.place.clone(),
        pod.workload.clone(),
        Arc::clone(&app.notices),
    );
    match Feed::open(app, pod, subscription).await {
        Ok(feed) => Ok(respond::stream("application/x-ndjson", feed.into_body())),
        Err(refusal) => {
            let failure: Failure = refusal.failure(&place);
            if !refusal.is_transient() {
                notices.refused(&workload, &failure.message);
            }
            Ok(refusal.into_response(&place).into_response())
        }
    }
}

/// The label of a line in the metrics.
pub(super) fn kind(message: &Message) -> &'static str {
    match message {
        Message::Values { .. } => "values",
        Message::Trust { .. } => "trust",
        Message::Held(_) => "held",
        Message::Ping => "ping",
    }
}
