//! What the server knows of its agents: how many have a stream open, and who has put which version in place when.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use reqwest::{Certificate, Client, Method};
use serde_json::Value;

use super::{ORGANIZATION, SECRET};

const PATIENCE: Duration = Duration::from_mins(3);
/// Between two looks at a count.
const PAUSE: Duration = Duration::from_millis(20);
const STREAMS: &str = "coffer_streams_open{kind=\"agent\"}";
const ACKNOWLEDGED: &str = "route=\"/coffer/v1/agent/ack\"";

/// The server, as an administrator sees it.
pub struct Ledger {
    client: Client,
    url: String,
    token: String,
}

/// When a pod put a version in place, as the server noted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The version.
    pub version: u64,
    /// When.
    pub at: Timestamp,
}

impl Ledger {
    /// Of the server at `url`, with a certificate that leads to `authority`.
    pub fn new(url: &str, authority: &str, token: &str) -> Result<Self> {
        let trusted = Certificate::from_pem(authority.as_bytes())?;
        Ok(Self {
            client: Client::builder().tls_certs_only([trusted]).build()?,
            url: url.to_owned(),
            token: token.to_owned(),
        })
    }

    async fn send(&self, method: Method, path: &str) -> Result<String> {
        let request = self.client.request(method.clone(), format!("{}{path}", self.url));
        let answer = request.bearer_auth(&self.token).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{method} {path}: {status}");
        Ok(text)
    }

    /// Has the secret made anew; its version.
    pub async fn rotate(&self) -> Result<u64> {
        let path = format!(
            "/coffer/v1/organizations/{ORGANIZATION}/vaults/default/environments/default/secrets/{SECRET}:rotate"
        );
        let made: Value = serde_json::from_str(&self.send(Method::POST, &path).await?)?;
        made["version"].as_u64().context("no version in the answer")
    }

    /// The last acknowledgement of each pod.
    pub async fn lines(&self) -> Result<Vec<Line>> {
        let path =
            format!("/coffer/v1/organizations/{ORGANIZATION}/vaults/default/environments/default/consumers");
        lines(&self.send(Method::GET, &path).await?)
    }

    /// Waits until so many streams are open.
    pub async fn until_connected(&self, count: u64) -> Result<()> {
        self.until("all streams are open", STREAMS, count).await
    }

    /// Acknowledgements taken so far.
    pub async fn acknowledged(&self) -> Result<u64> {
        sample(&self.send(Method::GET, "/metrics").await?, ACKNOWLEDGED)
    }

    /// Waits until so many have been.
    pub async fn until_acknowledged(&self, count: u64) -> Result<()> {
        self.until("all have acknowledged", ACKNOWLEDGED, count).await
    }

    async fn until(&self, what: &str, name: &str, count: u64) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            let now = sample(&self.send(Method::GET, "/metrics").await?, name)?;
            if now >= count {
                return Ok(());
            }
            ensure!(Instant::now() < end, "still not so: {what}: {now} of {count}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A metric's value: of counts that went well, of the line that has `name` in it.
fn sample(metrics: &str, name: &str) -> Result<u64> {
    let counted = |line: &&str| !line.contains("_seconds") || line.contains("_seconds_count");
    let well = |line: &&str| !line.contains("class=") || line.contains("class=\"2xx\"");
    let mut lines = metrics
        .lines()
        .filter(|line| line.contains(name))
        .filter(counted)
        .filter(well);
    let Some(line) = lines.next() else { return Ok(0) };
    let value = line.rsplit(' ').next().unwrap_or_default();
    value
        .parse()
        .with_context(|| format!("no number at the end of: {line}"))
}

fn lines(json: &str) -> Result<Vec<Line>> {
    let page: Value = serde_json::from_str(json)?;
    let items = page["items"].as_array().context("no items in the ledger")?;
    let acknowledged = items.iter().filter(|item| !item["acknowledged"].is_null());
    acknowledged
        .map(|item| {
            Ok(Line {
                version: item["acknowledged"]
                    .as_u64()
                    .context("a version that is no number")?,
                at: item["acknowledgedAt"].as_str().context("no time")?.parse()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_of_answers_that_went_well() {
        let metrics = "\
coffer_http_request_seconds_bucket{class=\"2xx\",door=\"native\",route=\"/coffer/v1/agent/ack\",le=\"0.001\"} 7\n\
coffer_http_request_seconds_count{class=\"4xx\",door=\"native\",route=\"/coffer/v1/agent/ack\"} 3\n\
coffer_http_request_seconds_count{class=\"2xx\",door=\"native\",route=\"/coffer/v1/agent/ack\"} 9\n\
coffer_streams_open{kind=\"agent\"} 5\n";
        assert_eq!(sample(metrics, ACKNOWLEDGED).unwrap(), 9);
        assert_eq!(sample(metrics, STREAMS).unwrap(), 5);
        assert_eq!(sample("", STREAMS).unwrap(), 0, "none yet");
    }

    #[test]
    fn who_has_acknowledged_nothing_is_left_out() {
        let json = r#"{"items": [{"acknowledged": null}, {"acknowledged": 2, "acknowledgedAt": "2026-01-01T00:00:00.5Z"}]}"#;
        let found = lines(json).unwrap();
        assert_eq!((found.len(), found[0].version), (1, 2));
        assert_eq!(found[0].at.subsec_millisecond(), 500);
    }
}
