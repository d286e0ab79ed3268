//! The ports without a cluster at hand: keys from a file or an address, for a server that runs alone.

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;
use coffer_domain::principal::Workload;
use tokio::sync::watch;

use super::{ClusterKeys, KeysError, LivePods, LivenessError, Notices};

/// A key set in a file, read anew each time.
#[derive(Debug)]
pub struct JwksFile(pub PathBuf);

#[async_trait]
impl ClusterKeys for JwksFile {
    async fn fetch(&self) -> Result<String, KeysError> {
        let read = tokio::fs::read_to_string(&self.0).await;
        read.map_err(|error| KeysError(format!("{}: {error}", self.0.display())))
    }
}

/// The largest key set taken, in bytes.
const LARGEST: usize = 256 * 1024;

/// A key set at a fixed address. Redirects are not followed, and no credential is sent.
#[derive(Debug)]
pub struct JwksUrl {
    client: reqwest::Client,
    url: reqwest::Url,
}

impl JwksUrl {
    /// At `url`, over TLS unless it is on this machine.
    pub fn new(url: &str) -> Result<Self, KeysError> {
        let bad = |error: &dyn std::fmt::Display| KeysError(format!("{url}: {error}"));
        let url = reqwest::Url::parse(url).map_err(|error| bad(&error))?;
        let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        if url.scheme() != "https" && !(url.scheme() == "http" && local) {
            return Err(bad(&"the address must start with https://"));
        }
        // reqwest takes the process' provider; the first to install one wins, and ours is the only one linked.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(4))
            .build()
            .map_err(|error| bad(&error))?;
        Ok(Self { client, url })
    }

    async fn get(&self) -> Result<String, reqwest::Error> {
        let mut response = self
            .client
            .get(self.url.clone())
            .send()
            .await?
            .error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                // Cut short, it is no key set, and is refused as such.
                break;
            }
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

#[async_trait]
impl ClusterKeys for JwksUrl {
    async fn fetch(&self) -> Result<String, KeysError> {
        self.get().await.map_err(|error| KeysError(error.to_string()))
    }
}

/// Every pod runs for as long as its token lasts: all that can be said without a cluster to ask.
#[derive(Debug, Clone, Copy)]
pub struct WhileTokenLasts;

#[async_trait]
impl LivePods for WhileTokenLasts {
    async fn is_live(&self, _: &str, _: &str, _: &str) -> Result<bool, LivenessError> {
        Ok(true)
    }

    fn leaving(&self, _: &str) -> watch::Receiver<bool> {
        watch::channel(false).1
    }
}

/// Notices to the log.
#[derive(Debug, Clone, Copy)]
pub struct LogNotices;

impl Notices for LogNotices {
    fn refused(&self, workload: &Workload, message: &str) {
        tracing::warn!(
            namespace = workload.namespace,
            pod = workload.pod,
            message,
            "a delivery was refused"
        );
    }
}
