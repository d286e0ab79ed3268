//! The request log that some dialects show to administrators: a line per authenticated request. Lines wait to be
//! kept; whoever reads the log has the waiting ones kept first.

use std::{net::IpAddr, sync::Arc};

use axum::http::{Method, Uri};
use jiff::Timestamp;

use super::{context::Signer, request_id::RequestId, waiting::Waiting};

/// The most lines that wait.
const MOST_WAITING: usize = 8192;

/// One request.
#[derive(Debug, Clone)]
pub struct Line {
    /// Who sent it.
    pub signer: Arc<Signer>,
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
pub type RequestLog = Waiting<Line>;

impl Default for RequestLog {
    fn default() -> Self {
        Self::new("request log", MOST_WAITING)
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
