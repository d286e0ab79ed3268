//! `GET /audit-logs/stream`

use std::{convert::Infallible, fmt::Write, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use bytes::Bytes;
use coffer_domain::{Error, usecase::Caller};
use tokio::time::{Instant, sleep};

use crate::{
    app::App,
    http::{context::RequestContext, query::Query, respond},
    metrics::OpenStream,
    v_secure::{
        auth::{self, Signed},
        error::ApiError,
        model::log::LogOut,
        openapi::Refused,
        place::Account,
        retention,
        tell::Filter,
    },
};

/// How often to look for entries: the log has no bell of its own.
const PACE: Duration = Duration::from_millis(500);
/// How many entries are looked at in one go.
const PAGE: u32 = 500;
/// What keeps a quiet connection open.
const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

/// The entries to come, as server-sent events without a name; each is one entry. The stream ends when the key does.
#[utoipa::path(
    get,
    path = "/v1/security/audit-logs/stream",
    tag = "audit-logs",
    params(
        ("resource" = Option<String>, Query, description = "As in lists"),
        ("action" = Option<String>, Query, description = "As in lists"),
    ),
    responses((status = 200, description = "Events", body = LogOut, content_type = "text/event-stream"), Refused)
)]
pub async fn stream_logs(
    State(app): State<Arc<App>>,
    Signed { caller, account }: Signed,
    context: RequestContext,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    let filter = Filter::of_query(&Query::lenient(uri.query()), app.coffer.clock().now())?;
    let (_, after) = app.coffer.audit_head(&caller, &account.name).await?;
    let open = app.metrics.open_stream("audit");
    let tail = Tail {
        token: auth::key(&headers).unwrap_or_default().to_owned(),
        app,
        caller,
        account,
        context,
        filter,
        after,
        greeted: false,
        _open: open,
    };
    let body = futures::stream::unfold(tail, |mut tail| async move {
        let chunk = tail.next().await?;
        Some((Ok::<_, Infallible>(chunk), tail))
    });
    Ok(respond::stream("text/event-stream", Body::from_stream(body)))
}

/// One client's stream.
struct Tail {
    app: Arc<App>,
    caller: Caller,
    token: String,
    account: Account,
    context: RequestContext,
    filter: Filter,
    after: u64,
    greeted: bool,
    _open: OpenStream,
}

impl Tail {
    /// The next entries, or a heartbeat; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.greeted {
            self.greeted = true;
            return Some(HEARTBEAT);
        }
        let quiet = Instant::now() + self.app.streams.ping;
        loop {
            tokio::select! {
                () = sleep(PACE) => {}
                () = self.app.hub.stopped() => return None,
            }
            let told = self.look().await.ok()?;
            if !told.is_empty() {
                return Some(Bytes::from(told));
            }
            if Instant::now() >= quiet {
                return Some(HEARTBEAT);
            }
        }
    }

    /// The entries since last time, for a key that is still good for them.
    async fn look(&mut self) -> Result<String, Error> {
        let peer = Some(self.context.0.peer);
        self.caller.principal = self.app.coffer.still_authentic(&self.token, peer).await?;
        self.app
            .coffer
            .may_still_read_log(&self.caller, &self.account.name)
            .await?;
        let shown = retention::of_account(&self.app, self.account.id).await?;
        let (entries, last, known) = self
            .app
            .coffer
            .entries_after(self.account.id, self.after, PAGE)
            .await?;
        self.after = last;
        let mut text = String::new();
        for entry in entries
            .iter()
            .filter(|entry| self.filter.takes(&entry.event, &shown))
        {
            let told = LogOut::of(entry, &known).and_then(|told| serde_json::to_string(&told).ok());
            if let Some(told) = told {
                // Writing to a String does not fail.
                let _ = write!(text, "data: {told}\n\n");
            }
        }
        Ok(text)
    }
}
