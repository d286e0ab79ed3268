//! The body of a change stream: pages of changes as server-sent events, rights looked at again for each.

use std::{fmt::Write, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use coffer_domain::{
    Error,
    name::OrgName,
    usecase::{Caller, changes::ChangePage},
};
use tokio::{sync::watch, time::timeout};

use crate::{
    app::App,
    metrics::OpenStream,
    native::{auth::Credential, model::change::ChangeOut},
};

/// What keeps a quiet connection open: a comment, which clients ignore.
const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

/// One client's stream.
pub struct Feed {
    app: Arc<App>,
    caller: Caller,
    credential: Credential,
    organization: OrgName,
    after: u64,
    latest: watch::Receiver<u64>,
    first: Option<ChangePage>,
    _open: OpenStream,
}

impl Feed {
    /// Opens a stream after the change `after`, or at the present. The first page is read here, so that a
    /// refusal is an ordinary answer.
    pub async fn open(
        app: Arc<App>,
        caller: Caller,
        credential: Credential,
        organization: OrgName,
        after: Option<u64>,
    ) -> Result<Self, Error> {
        let latest = app.hub.latest();
        let after = after.unwrap_or_else(|| app.coffer.latest_change());
        let first = app.coffer.changes(&caller, &organization, after).await?;
        let open = app.metrics.open_stream("changes");
        Ok(Self {
            app,
            caller,
            credential,
            organization,
            after,
            latest,
            first: Some(first),
            _open: open,
        })
    }

    /// The response body.
    pub fn into_body(self) -> Body {
        Body::from_stream(futures::stream::unfold(self, |mut feed| async move {
            let chunk = feed.next().await?;
            Some((Ok::<_, std::convert::Infallible>(chunk), feed))
        }))
    }

    /// The next events, or a heartbeat; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(page) = self.first.take() {
            // Something is said at once, so that the client knows that the stream stands.
            return Some(self.turn(page).unwrap_or(HEARTBEAT));
        }
        loop {
            let mut quiet = false;
            tokio::select! {
                changed = timeout(self.app.streams.ping, self.latest.changed()) => match changed {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return None,
                    Err(_) => quiet = true,
                },
                () = self.app.hub.stopped() => return None,
            }
            let page = self.page().await.ok()?;
            match self.turn(page) {
                Some(events) => return Some(events),
                None if quiet => return Some(HEARTBEAT),
                None => {}
            }
        }
    }

    async fn page(&mut self) -> Result<ChangePage, Error> {
        self.caller = self.credential.renew(&self.app, &self.caller).await?;
        self.app
            .coffer
            .changes(&self.caller, &self.organization, self.after)
            .await
    }

    /// A page's events, if it has any; moves on behind it.
    fn turn(&mut self, page: ChangePage) -> Option<Bytes> {
        self.after = page.next;
        if page.more {
            self.latest.mark_changed();
        }
        let mut text = String::new();
        for (change, vault) in page.changes {
            event(&mut text, &ChangeOut::of(change, vault));
        }
        (!text.is_empty()).then(|| Bytes::from(text))
    }
}

fn event(text: &mut String, change: &ChangeOut) {
    if let Ok(data) = serde_json::to_string(change) {
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "id: {}\nevent: {}\ndata: {data}\n\n",
            change.sequence(),
            change.kind()
        );
    }
}
