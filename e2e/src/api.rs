//! The native API as a client outside the cluster sees it: through `kubectl port-forward`, over TLS, trusting
//! the bundle that the operator publishes.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use reqwest::{Certificate, Client, Method, StatusCode};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{Namespace, SYSTEM_NAMESPACE, eventually};

/// A client with an API key. The port is forwarded for as long as it lives.
pub struct Api {
    client: Client,
    /// The server's address.
    root: String,
    /// That of the native API for this namespace.
    base: String,
    token: String,
    _forward: Child,
}

impl Api {
    /// With the token that an `ApiKey` wrote into the Secret called `secret`.
    pub async fn with_key(namespace: &Namespace, secret: &str) -> Result<Self> {
        let secrets = namespace.api::<Secret>();
        let token = eventually(&format!("Secret {secret} holds a token"), || async {
            let data = secrets.get(secret).await?.data.unwrap_or_default();
            let token = data.get("token").context("no key `token`")?;
            Ok(String::from_utf8(token.0.clone())?)
        })
        .await?;
        let (forward, port) = forward().await?;
        let client = trusting(namespace).await?;
        let root = format!("https://coffer.{SYSTEM_NAMESPACE}.svc:{port}");
        let base = format!("{root}/coffer/v1/organizations/{}", namespace.name);
        let host = format!("coffer.{SYSTEM_NAMESPACE}.svc");
        let client = client.resolve(&host, ([127, 0, 0, 1], port).into()).build()?;
        Ok(Self {
            client,
            root,
            base,
            token,
            _forward: forward,
        })
    }

    /// The same client with another token.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        token: &str,
    ) -> Result<(StatusCode, Value)> {
        self.ask(method, format!("{}{path}", self.base), body, token)
            .await
    }

    /// Any request to a dialect, by its whole path, with the key's token.
    pub async fn dialect(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(StatusCode, Value)> {
        self.ask(method, format!("{}{path}", self.root), body, &self.token)
            .await
    }

    async fn ask(
        &self,
        method: Method,
        url: String,
        body: Option<Value>,
        token: &str,
    ) -> Result<(StatusCode, Value)> {
        let mut request = self.client.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// Any request with the key's token.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(StatusCode, Value)> {
        self.send(method, path, body, &self.token).await
    }

    /// `GET`, which must succeed.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let (status, body) = self.request(Method::GET, path, None).await?;
        ensure!(status.is_success(), "GET {path}: {status} {body}");
        Ok(body)
    }

    /// Writes a secret of the default environment.
    pub async fn put(&self, vault: &str, name: &str, value: &str) -> Result<Value> {
        let path = format!("/vaults/{vault}/environments/default/secrets/{name}");
        let (status, body) = self
            .send(
                Method::PUT,
                &path,
                Some(serde_json::json!({"value": value})),
                &self.token,
            )
            .await?;
        ensure!(status.is_success(), "PUT {path}: {status} {body}");
        Ok(body)
    }

    /// Reads a secret of the default environment.
    pub async fn value(&self, vault: &str, name: &str) -> Result<String> {
        let body = self
            .get(&format!("/vaults/{vault}/environments/default/secrets/{name}"))
            .await?;
        Ok(body["value"].as_str().context("a value")?.to_owned())
    }
}

async fn trusting(namespace: &Namespace) -> Result<reqwest::ClientBuilder> {
    let maps: kube::Api<ConfigMap> = kube::Api::namespaced(namespace.client.clone(), SYSTEM_NAMESPACE);
    let bundle = maps.get("coffer-trust").await?.data.unwrap_or_default();
    let bundle = bundle.get("ca.crt").context("coffer-trust has no ca.crt")?;
    Ok(Client::builder().tls_certs_only(Certificate::from_pem_bundle(bundle.as_bytes())?))
}

/// `kubectl port-forward`, and the port it chose.
async fn forward() -> Result<(Child, u16)> {
    let mut child = Command::new("kubectl")
        .args(["-n", SYSTEM_NAMESPACE, "port-forward", "service/coffer", ":8443"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = child.stdout.take().context("its output")?;
    let mut lines = BufReader::new(output).lines();
    let line = lines
        .next_line()
        .await?
        .context("kubectl port-forward said nothing")?;
    let port = line
        .split("127.0.0.1:")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .context("no port in its line")?;
    // It writes a line for each connection, and ends when nobody reads them.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((child, port.parse()?))
}
