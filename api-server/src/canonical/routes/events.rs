//! `GET /api/secrets/events`: what is done through this door, as server-sent events, for development.

use std::{fmt::Write, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Uri},
    response::Response,
};
use bytes::Bytes;
use serde_json::json;
use tokio::{sync::watch, time::timeout};

use crate::{
    app::App,
    canonical::{auth::Signed, error::Failure, journal::Record, query::Query},
    http::respond,
    metrics::OpenStream,
};

/// After how long a quiet stream says that it stands.
const QUIET: Duration = Duration::from_secs(15);
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Streams the tenant's records, after `Last-Event-ID` or from now on.
pub async fn events(
    State(app): State<Arc<App>>,
    signed: Signed,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if !app.canonical.settings.dev_endpoints {
        return Err(Failure::unknown_path());
    }
    signed.require_overview(&app).await?;
    let only = Query::read(uri.query())?.text("event")?;
    let latest = app.canonical.journal.watch();
    let now = *latest.borrow();
    let after = match last(&headers)? {
        Some(number) => number.max(app.canonical.journal.start()).min(now),
        None => now,
    };
    let feed = Feed {
        _open: app.metrics.open_stream("canonical"),
        tenant: signed.tenant.to_string(),
        app,
        only,
        after,
        latest,
        greeted: false,
    };
    let mut response = respond::stream("text/event-stream", feed.into_body());
    response
        .headers_mut()
        .insert(UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}

fn last(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let wrong = || Failure::invalid("Last-Event-ID", "must be the id of an event of this stream");
    let id = headers.get("last-event-id");
    id.map(|id| id.to_str().ok().and_then(|id| id.parse().ok()).ok_or_else(wrong))
        .transpose()
}

struct Feed {
    app: Arc<App>,
    tenant: String,
    only: Option<String>,
    after: u64,
    latest: watch::Receiver<u64>,
    greeted: bool,
    _open: OpenStream,
}

impl Feed {
    fn into_body(self) -> Body {
        Body::from_stream(futures::stream::unfold(self, |mut feed| async move {
            let chunk = feed.next().await?;
            Some((Ok::<_, std::convert::Infallible>(chunk), feed))
        }))
    }

    /// The next events, or a sign of life; `None` ends the stream: the server ends, or the client is too slow.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.greeted {
            self.greeted = true;
            return Some(Bytes::from_static(b"retry: 3000\n\n: connected\n\n"));
        }
        loop {
            let text = self.turn()?;
            if !text.is_empty() {
                return Some(Bytes::from(text));
            }
            tokio::select! {
                changed = timeout(QUIET, self.latest.wait_for(|latest| *latest > self.after)) => match changed {
                    Ok(Ok(_)) => {}
                    Ok(Err(_)) => return None,
                    Err(_) => return Some(Bytes::from_static(b":\n\n")),
                },
                () = self.app.hub.stopped() => return None,
            }
        }
    }

    /// What there is to say of the records so far; moves on behind them.
    fn turn(&mut self) -> Option<String> {
        let mut text = String::new();
        for record in self.app.canonical.journal.after(self.after)? {
            self.after = record.number;
            let wanted = self.only.as_deref().is_none_or(|only| only == record.signal);
            if record.tenant == self.tenant && wanted {
                event(&mut text, &record);
            }
        }
        Some(text)
    }
}

fn event(text: &mut String, record: &Record) {
    let shown = &record.shown;
    let data = json!({
        "ts": shown["ts"],
        "event": shown["event"],
        "subject": shown["subject"],
        "purpose": shown["purpose"],
        "effect": shown["effect"],
        "provider": shown["provider"],
        "resource_ref": shown["resource_ref"],
        "kv_version": shown["kv_version"],
        "correlation_id": shown["correlation_id"],
    });
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "id: {}\nevent: {}\ndata: {data}\n\n",
        record.number, record.signal
    );
}
