//! From the lines that wait in memory to the store's logs: every second, or sooner when many wait.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

use axum::http::Method;
use coffer_domain::{id::OrgId, request_log::RequestLine};
use tokio::time::sleep;

use crate::{app::App, http::request_log::Line};

/// How long a line waits at most.
const PATIENCE: Duration = Duration::from_secs(1);

/// Keeps lines for ever.
pub async fn run(app: Arc<App>) {
    loop {
        tokio::select! {
            () = sleep(PATIENCE) => {}
            () = app.requests.filled() => {}
            () = app.keyway.filled() => {}
        }
        flush(&app).await;
    }
}

/// Keeps all lines that wait. What the store does not take is lost, and said so: a request is not made to fail
/// for its line.
pub async fn flush(app: &App) {
    app.keyway.flush().await;
    let mut tenants: BTreeMap<OrgId, Vec<Arc<RequestLine>>> = BTreeMap::new();
    for line in app.requests.take() {
        tenants
            .entry(line.signer.organization)
            .or_default()
            .push(Arc::new(kept(line)));
    }
    for (organization, lines) in tenants {
        if let Err(error) = app.coffer.keep_requests(organization, &lines).await {
            tracing::error!(%error, lines = lines.len(), "lines of the request log were not kept");
        }
    }
}

fn kept(line: Line) -> RequestLine {
    RequestLine {
        request: line.id.as_str().to_owned(),
        at: line.at,
        door: line.door.into(),
        kind: line.signer.kind.into(),
        principal: Arc::unwrap_or_clone(line.signer).principal,
        method: word(&line.method),
        subject: line.subject.into(),
        path: line.path,
        status: line.status,
        address: line.address,
        micros: line.micros,
    }
}

/// Without memory of its own where that is possible: many lines wait at once.
fn word(method: &Method) -> Cow<'static, str> {
    const USUAL: [Method; 6] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
    ];
    const WORDS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
    let at = USUAL.iter().position(|usual| usual == method);
    at.map_or_else(|| method.as_str().to_owned().into(), |at| WORDS[at].into())
}
