//! Runs a real Vault server, for tests of what speaks with one.
//!
//! A [`Server`] is one process with a folder and a loopback address of its own: initialised, unsealed, with a KV v2
//! engine at `secret`. It can be sealed, killed and started again, with what it keeps still there, and it ends with
//! the test, however that ends. `make vault` builds the program. Waiting is for a state, up to a minute. This crate
//! knows nothing of what speaks with the server.

mod process;
mod tls;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use process::Process;
use reqwest::Method;
use serde_json::{Value, json};
pub use tls::Tls;
use tokio::time::sleep;

/// How long anything may take, in seconds: a test that waits longer has found a defect.
const PATIENCE: u64 = 60;
/// Between two looks at whether it is there.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A running server.
#[derive(Debug)]
pub struct Server {
    process: Process,
    http: reqwest::Client,
    url: String,
    authority: Option<String>,
    token: String,
    unseal: String,
}

impl Server {
    /// One that speaks plain HTTP.
    pub async fn start() -> Result<Self> {
        Self::start_at(process::free_address()?, None).await
    }

    /// One that speaks TLS, with an authority of its own.
    pub async fn start_tls() -> Result<Self> {
        let address = process::free_address()?;
        Self::start_at(address, Some(Tls::new(&address.ip().to_string())?)).await
    }

    async fn start_at(address: SocketAddr, tls: Option<Tls>) -> Result<Self> {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut server = Self {
            http: client(tls.as_ref())?,
            process: Process::new(address, tls.as_ref())?,
            authority: tls.map(|tls| tls.authority),
            url: format!("{scheme}://{address}"),
            token: String::new(),
            unseal: String::new(),
        };
        server.start_again().await?;
        let shares = json!({ "secret_shares": 1, "secret_threshold": 1 });
        let made = server.ask(Method::PUT, "sys/init", Some(shares)).await?;
        let text = |place: &str| made.pointer(place).and_then(Value::as_str).map(str::to_owned);
        server.token = text("/root_token").context("it gives no root token")?;
        server.unseal = text("/keys/0").context("it gives no key")?;
        server.unseal().await?;
        server.mount("secret").await?;
        Ok(server)
    }

    /// Its address, such as `http://127.1.2.3:20000`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate of its authority, as PEM, if it speaks TLS.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// The token that may do everything.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Enables a KV v2 engine, and waits until it takes secrets.
    pub async fn mount(&self, path: &str) -> Result<()> {
        let engine = json!({ "type": "kv", "options": { "version": "2" } });
        self.ask(Method::POST, &format!("sys/mounts/{path}"), Some(engine))
            .await?;
        let config = format!("{path}/config");
        self.until("the engine", async || {
            Ok(self.status(Method::GET, &config).await? == 200)
        })
        .await
    }

    /// Makes a policy of this HCL text.
    pub async fn policy(&self, name: &str, rules: &str) -> Result<()> {
        let path = format!("sys/policies/acl/{name}");
        self.ask(Method::PUT, &path, Some(json!({ "policy": rules })))
            .await
            .map(drop)
    }

    /// Makes a token that is no child of the root token's, as `options` say.
    pub async fn make_token(&self, options: Value) -> Result<String> {
        let made = self
            .ask(Method::POST, "auth/token/create-orphan", Some(options))
            .await?;
        let token = made.pointer("/auth/client_token").and_then(Value::as_str);
        token.map(str::to_owned).context("it gives no token")
    }

    /// Sends a request below `/v1/` as root; what it answers, which must be good.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let response = self.send(method, path, body).await?;
        let (status, text) = (response.status(), response.text().await?);
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    async fn status(&self, method: Method, path: &str) -> Result<u16> {
        Ok(self.send(method, path, None).await?.status().as_u16())
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<reqwest::Response> {
        let request = self.http.request(method, format!("{}/v1/{path}", self.url));
        let request = match self.token.as_str() {
            "" => request,
            token => request.header("x-vault-token", token),
        };
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.with_context(|| format!("{path}: no answer"))
    }

    /// Seals it: it answers, and serves nobody.
    pub async fn seal(&self) -> Result<()> {
        self.ask(Method::PUT, "sys/seal", None).await?;
        self.until("its seal", async || Ok(self.health().await? == 503))
            .await
    }

    /// Unseals it, and waits until it serves.
    pub async fn unseal(&self) -> Result<()> {
        self.ask(Method::PUT, "sys/unseal", Some(json!({ "key": self.unseal })))
            .await?;
        self.until("its service", async || Ok(self.health().await? == 200))
            .await
    }

    async fn health(&self) -> Result<u16> {
        self.status(Method::GET, "sys/health").await
    }

    /// Kills it. What it keeps stays.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await
    }

    /// Starts it at the same address after [`Self::kill`]; it comes up sealed.
    pub async fn start_again(&mut self) -> Result<()> {
        self.process.start()?;
        for _ in 0..PATIENCE * 50 {
            if self.health().await.is_ok() {
                return Ok(());
            }
            ensure!(self.process.runs()?, "it has ended: {}", self.process.log());
            sleep(BETWEEN_LOOKS).await;
        }
        bail!("it does not answer: {}", self.process.log())
    }

    async fn until(&self, what: &str, is_so: impl AsyncFn() -> Result<bool>) -> Result<()> {
        for _ in 0..PATIENCE * 50 {
            if is_so().await? {
                return Ok(());
            }
            sleep(BETWEEN_LOOKS).await;
        }
        bail!("{what} did not come within {PATIENCE} s: {}", self.process.log())
    }
}

fn client(tls: Option<&Tls>) -> Result<reqwest::Client> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // A connection belongs to the runtime that made it, and tests that share a server have one each.
    let builder = reqwest::Client::builder()
        .timeout(Duration::from_secs(PATIENCE))
        .pool_max_idle_per_host(0);
    let builder = match tls {
        Some(tls) => {
            let authority = reqwest::Certificate::from_pem(tls.authority.as_bytes())?;
            builder.tls_certs_only([authority])
        }
        None => builder,
    };
    Ok(builder.build()?)
}
