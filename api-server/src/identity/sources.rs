//! The ports without a cluster at hand: keys from a file or an address, for a server that runs alone.

use std::{fmt, path::PathBuf, time::Duration};

use async_trait::async_trait;
use coffer_domain::principal::Workload;
use reqwest::{Client, Url};
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
    client: Client,
    url: Url,
}

impl JwksUrl {
    /// At `url`, over TLS unless it is on this machine.
    pub fn new(url: &str) -> Result<Self, KeysError> {
        Ok(Self {
            url: safe(url)?,
            client: client()?,
        })
    }
}

/// An address of keys: over TLS unless it is on this machine.
pub fn safe(text: &str) -> Result<Url, KeysError> {
    let bad = |error: &dyn fmt::Display| KeysError(format!("{text}: {error}"));
    let url = Url::parse(text).map_err(|error| bad(&error))?;
    let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    if url.scheme() != "https" && !(url.scheme() == "http" && local) {
        return Err(bad(&"the address must start with https://"));
    }
    Ok(url)
}

/// What asks for keys: without redirects, and within a time.
pub fn client() -> Result<Client, KeysError> {
    crate::provide_crypto();
    let builder = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(4));
    builder.build().map_err(|error| KeysError(error.to_string()))
}

/// What is at an address, up to [`LARGEST`].
pub async fn get(client: &Client, url: &Url) -> Result<String, KeysError> {
    let failed = |error: reqwest::Error| KeysError(error.to_string());
    let sent = client.get(url.clone()).send().await.map_err(failed)?;
    let mut response = sent.error_for_status().map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            // Cut short, it is no JSON, and is refused as such.
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

#[async_trait]
impl ClusterKeys for JwksUrl {
    async fn fetch(&self) -> Result<String, KeysError> {
        get(&self.client, &self.url).await
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
