//! `GET /organizations/{org}/changes`

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use coffer_domain::Error;

use super::feed::Feed;
use crate::{
    app::App,
    http::{query::Query, respond},
    native::{
        auth::{Credential, Signed},
        error::ApiError,
        model::{FailureOut, change::ChangeOut},
        path::OrgPath,
    },
};

/// Streams the changes that the sender may see, as server-sent events: `id` is the sequence number, `event`
/// the kind, `data` the change. A comment is sent when nothing else was for a while. The stream ends when
/// the credential does.
#[utoipa::path(
    get,
    path = "/coffer/v1/organizations/{org}/changes",
    tag = "changes",
    params(
        ("org" = String, Path, description = "Organization"),
        ("after" = Option<u64>, Query, description = "Start after this sequence number; without, at the present"),
        ("Last-Event-ID" = Option<u64>, Header, description = "Like `after`; sent by clients that resume"),
    ),
    responses(
        (status = 200, description = "Events", body = ChangeOut, content_type = "text/event-stream"),
        (status = 400, description = "Not well formed", body = FailureOut),
        (status = 401, description = "No valid credential", body = FailureOut),
        (status = 404, description = "No such organization, or it is hidden", body = FailureOut),
        (status = 410, description = "Some of the changes asked for are not kept any more", body = FailureOut),
    )
)]
pub async fn stream_changes(
    State(app): State<Arc<App>>,
    Signed(caller): Signed,
    credential: Credential,
    OrgPath(organization): OrgPath,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let query = Query::read(uri.query(), &["after"])?;
    let after = match last_event_id(&headers)? {
        Some(id) => Some(id),
        None => query.number("after")?,
    };
    let feed = Feed::open(app, caller, credential, organization, after).await?;
    Ok(respond::stream("text/event-stream", feed.into_body()))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let wrong = || Error::invalid("Last-Event-ID", "must be the id of an event of this stream");
    let digits = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| text.parse().ok())?
    };
    headers
        .get("last-event-id")
        .map(|id| id.to_str().ok().and_then(digits).ok_or_else(wrong))
        .transpose()
}
