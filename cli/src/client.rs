//! Requests to the native API.

use std::{error::Error, fs};

use reqwest::{Certificate, Method, Url};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{args::Connection, failure::Failure};

/// Talks to one server as one principal.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Zeroizing<String>,
}

impl Client {
    /// As the command line says.
    pub fn new(connection: &Connection) -> Result<Self, Failure> {
        let base = Url::parse(&connection.server)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let base =
            base.ok_or_else(|| usage("--server takes an address such as https://coffer.example:8443"))?;
        Ok(Self {
            http: http(connection, &base)?,
            base,
            token: token(connection)?,
        })
    }

    /// Sends a request below `/coffer/v1/organizations`; each part of the path is one segment.
    pub async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .extend(["coffer", "v1", "organizations"])
                .extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.http.request(method, url).bearer_auth(&*self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| self.unreachable(&error))?;
        let body: Option<Value> = serde_json::from_slice(&bytes).ok();
        if status.is_success() {
            return Ok(body.unwrap_or(Value::Null));
        }
        match body.as_ref().and_then(|body| body["message"].as_str()) {
            Some(message) => Err(Failure::Refused {
                status: status.as_u16(),
                message: message.to_owned(),
            }),
            None => Err(self.strange(format!("status {status} without a reason"))),
        }
    }

    /// Passes a message of the Model Context Protocol on; its answer, if there is one.
    pub async fn relay(
        &self,
        message: String,
        headers: &[(&'static str, String)],
    ) -> Result<Option<Value>, Failure> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("mcp");
        }
        let mut request = self
            .http
            .post(url)
            .bearer_auth(&*self.token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.body(message).send().await;
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| self.unreachable(&error))?;
        let body: Option<Value> = serde_json::from_slice(&bytes).ok();
        match body {
            // A refusal of the protocol's own is an answer, whatever the status.
            Some(body) if body["jsonrpc"].is_string() => Ok(Some(body)),
            _ if status.is_success() => Ok(None),
            Some(body) if body["error"]["message"].is_string() => Err(Failure::Refused {
                status: status.as_u16(),
                message: body["error"]["message"].as_str().unwrap_or_default().to_owned(),
            }),
            _ => Err(self.strange(format!("status {status} without a reason"))),
        }
    }

    /// Every item of a list, page by page.
    pub async fn pages(&self, path: &[&str], query: &[(&str, String)]) -> Result<Vec<Value>, Failure> {
        let mut all = Vec::new();
        let mut query = query.to_vec();
        query.push(("limit", "1000".to_owned()));
        loop {
            let mut page = self.send(Method::GET, path, &query, None).await?;
            let items = page["items"]
                .as_array_mut()
                .ok_or_else(|| self.strange("a list without items".to_owned()))?;
            all.append(items);
            let Some(next) = page["next"].as_str() else {
                return Ok(all);
            };
            query.retain(|(name, _)| *name != "after");
            query.push(("after", next.to_owned()));
        }
    }

    /// The answer is not what this program understands.
    pub fn strange(&self, reason: String) -> Failure {
        Failure::Strange {
            server: self.base.to_string(),
            reason,
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        // The innermost cause is the one that tells: refused, unknown issuer, no such host.
        let mut cause: &dyn Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Failure::Unreachable {
            server: self.base.to_string(),
            reason: cause.to_string(),
        }
    }
}

fn usage(message: &str) -> Failure {
    Failure::Usage(message.to_owned())
}

fn http(connection: &Connection, base: &Url) -> Result<reqwest::Client, Failure> {
    // Whoever installed one first, it is this one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    if let Some(path) = &connection.ca_file {
        let pem = fs::read(path).map_err(|source| Failure::File {
            path: path.clone(),
            source,
        })?;
        let bundle =
            Certificate::from_pem_bundle(&pem).map_err(|_| usage("--ca-file holds no PEM certificate"))?;
        builder = builder.tls_certs_only(bundle);
    }
    if let (Some(address), Some(host)) = (connection.connect_to, base.host_str()) {
        builder = builder.resolve(host, address);
    }
    builder
        .build()
        .map_err(|error| Failure::Usage(format!("cannot set up TLS: {error}")))
}

fn token(connection: &Connection) -> Result<Zeroizing<String>, Failure> {
    let token = match (&connection.token, &connection.token_file) {
        (Some(token), _) => token.clone(),
        (None, Some(path)) => fs::read_to_string(path).map_err(|source| Failure::File {
            path: path.clone(),
            source,
        })?,
        (None, None) => {
            return Err(usage(
                "no API key: set COFFER_TOKEN, or COFFER_TOKEN_FILE to a file that holds it",
            ));
        }
    };
    Ok(Zeroizing::new(token.trim().to_owned()))
}
