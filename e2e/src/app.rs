//! What an application sees, asked through the API server's proxy to its pod.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};

use crate::Namespace;

/// A pod that runs the test application.
pub struct App<'a> {
    /// Its namespace.
    pub namespace: &'a Namespace,
    /// Its name.
    pub pod: &'a str,
    /// Its port.
    pub port: u16,
}

impl<'a> App<'a> {
    /// On the usual port.
    pub fn new(namespace: &'a Namespace, pod: &'a str) -> Self {
        Self {
            namespace,
            pod,
            port: 8080,
        }
    }

    async fn get(&self, path: &str) -> Result<String> {
        let uri = format!(
            "/api/v1/namespaces/{}/pods/{}:{}/proxy{path}",
            self.namespace.name, self.pod, self.port
        );
        let request = http::Request::get(uri).body(Vec::new())?;
        Ok(self.namespace.client.request_text(request).await?)
    }

    /// Its environment, byte for byte.
    pub async fn environment(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        let encoded: BTreeMap<String, String> = serde_json::from_str(&self.get("/env").await?)?;
        encoded
            .into_iter()
            .map(|(name, value)| Ok((name, BASE64_STANDARD.decode(value)?)))
            .collect()
    }

    /// One variable as text.
    pub async fn variable(&self, name: &str) -> Result<String> {
        let value = self.environment().await?.remove(name);
        Ok(String::from_utf8(
            value.with_context(|| format!("no variable {name}"))?,
        )?)
    }

    /// Stops the pod's agent where it is, as a hanging one. The pod needs `shareProcessNamespace`.
    pub async fn freeze_agent(&self) -> Result<()> {
        self.to_agent("freeze").await
    }

    /// Lets it go on.
    pub async fn thaw_agent(&self) -> Result<()> {
        self.to_agent("thaw").await
    }

    async fn to_agent(&self, what: &str) -> Result<()> {
        let reached = self.get(&format!("/process/{what}?process=coffer-agent")).await?;
        ensure!(reached.trim() == "1", "{what} reached {reached} agents");
        Ok(())
    }

    /// How often it was sent SIGHUP.
    pub async fn hangups(&self) -> Result<u64> {
        let counts: BTreeMap<String, u64> = serde_json::from_str(&self.get("/signals").await?)?;
        Ok(counts.get("SIGHUP").copied().unwrap_or_default())
    }

    /// A file as text.
    pub async fn file(&self, path: &str) -> Result<String> {
        self.get(&format!("/file?path={path}")).await
    }
}
