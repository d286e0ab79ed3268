//! The request log that some dialects show to administrators: a line per authenticated request. Lines wait in
//! memory for a moment and are kept in batches, so that no request waits for its line; whoever reads the log has
//! the waiting ones kept first.

use std::net::IpAddr;

use axum::http::{Method, Uri};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{context::Signer, request_id::RequestId};

/// The most lines that wait; of a flood beyond it, what does not fit is counted and said.
const MOST_WAITING: usize = 8192;
/// From how many waiting lines on they are kept without waiting for more.
const ENOUGH: usize = 2048;

/// One request.
#[derive(Debug, Clone)]
pub struct Line {
    /// Who sent it.
    pub signer: Signer,
    /// Its id.
    pub id: RequestId,
    /// When it arrived.
    pub at: Timestamp,
    /// Its method.
    pub method: Method,
    /// Through which door.
    pub door: &'static str,
    /// What it was about.
    pub subject: &'static str,
    /// Its path, with the query's credentials struck out.
    pub path: String,
    /// How it was answered.
    pub status: u16,
    /// Where it came from.
    pub address: IpAddr,
    /// How long it took.
    pub micros: u64,
}

/// Lines that wait to be kept.
#[derive(Debug, Default)]
pub struct RequestLog {
    waiting: Mutex<Waiting>,
    enough: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<Line>,
    lost: u64,
}

impl RequestLog {
    /// Adds a line.
    pub fn note(&self, line: Line) {
        let mut waiting = self.waiting.lock();
        if waiting.lines.len() >= MOST_WAITING {
            waiting.lost += 1;
            return;
        }
        waiting.lines.push(line);
        if waiting.lines.len() >= ENOUGH {
            self.enough.notify_one();
        }
    }

    /// Takes all waiting lines.
    pub fn take(&self) -> Vec<Line> {
        let Waiting { lines, lost } = std::mem::take(&mut *self.waiting.lock());
        if lost > 0 {
            tracing::warn!(lost, "lines of the request log did not fit");
        }
        lines
    }

    /// Completes when many lines wait.
    pub async fn filled(&self) {
        self.enough.notified().await;
    }
}

/// Query parameters that hold credentials.
const CREDENTIALS: [&str; 3] = ["access_key", "token", "code"];

/// A path with its query, in which credentials are struck out.
pub fn shown_path(uri: &Uri) -> String {
    let Some(query) = uri.query() else {
        return uri.path().to_owned();
    };
    let shown = query.split('&').map(|pair| {
        let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
        // Decoded as the door decodes it: `access%5Fkey` is the same parameter.
        let decoded = form_urlencoded::parse(name.as_bytes()).next();
        let decoded = decoded.map_or(name.into(), |(name, _)| name);
        if CREDENTIALS
            .iter()
            .any(|known| decoded.eq_ignore_ascii_case(known))
        {
            format!("{name}=<redacted>")
        } else {
            pair.to_owned()
        }
    });
    format!("{}?{}", uri.path(), shown.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_a_query_are_struck_out() {
        for (path, expected) in [
            ("/v1/vaults/x", "/v1/vaults/x"),
            (
                "/v1/vaults/x?access_key=hunter2",
                "/v1/vaults/x?access_key=<redacted>",
            ),
            ("/a?page=2&Token=hunter2&x", "/a?page=2&Token=<redacted>&x"),
            ("/a?access%5Fkey=hunter2", "/a?access%5Fkey=<redacted>"),
            (
                "/a?code=hunter2&code=hunter2",
                "/a?code=<redacted>&code=<redacted>",
            ),
        ] {
            assert_eq!(shown_path(&path.parse().unwrap()), expected);
        }
    }
}
