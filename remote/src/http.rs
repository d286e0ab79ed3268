//! One request to the server: what is sent, what comes back, and nothing of it in a log.

use std::time::Duration;

use bytes::Bytes;
use coffer_domain::{secret_json::SecretJson, secret_value::SecretValue};
use reqwest::{
    Client, Method, Response, Url,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;

use crate::{
    options::{BadOptions, Options},
    trouble::Trouble,
};

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
const REQUEST: HeaderName = HeaderName::from_static("x-vault-request");
/// The largest answer that is read, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;
/// How long a connection may take at most.
const CONNECT: Duration = Duration::from_secs(5);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, null if there is none.
    pub body: SecretJson,
    /// `Retry-After`, in seconds.
    pub wait: Option<u64>,
}

impl Answer {
    /// Whether one of the server's errors says this.
    pub fn says(&self, text: &str) -> bool {
        let errors = self.body.reveal()["errors"].as_array();
        let mut texts = errors.into_iter().flatten().filter_map(Value::as_str);
        texts.any(|error| error.contains(text))
    }

    /// The member `data` of the body.
    pub fn data(&self) -> &Value {
        &self.body.reveal()["data"]
    }
}

/// Bytes that are wiped once they are sent.
struct Sent(SecretValue);

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        self.0.reveal()
    }
}

/// The connection.
#[derive(Debug)]
pub struct Http {
    client: Client,
    base: Url,
    namespace: Option<HeaderValue>,
}

impl Http {
    /// As the options say; a failure is that of their certificates or namespace.
    pub fn new(options: &Options) -> Result<Self, BadOptions> {
        // reqwest takes the process' provider; the first to install one wins.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let builder = Client::builder()
            .redirect(Policy::none())
            .timeout(options.timeout)
            .connect_timeout(options.timeout.min(CONNECT))
            .user_agent("coffer");
        let builder = match &options.authority {
            Some(own) => builder.tls_certs_only(own.0.clone()),
            None => builder,
        };
        let namespace = options.namespace.as_deref().map(HeaderValue::from_str);
        Ok(Self {
            client: builder.build().map_err(|error| BadOptions(error.to_string()))?,
            base: options.url.clone(),
            namespace: namespace
                .transpose()
                .map_err(|_| BadOptions("the namespace cannot stand in a header".to_owned()))?,
        })
    }

    /// Sends a request below `/v1/`; a redirect to the same server is followed once.
    pub async fn send(
        &self,
        method: &Method,
        path: &str,
        token: Option<&SecretValue>,
        body: Option<&SecretJson>,
    ) -> Result<Answer, Trouble> {
        let url = self
            .base
            .join(&format!("v1/{path}"))
            .map_err(|_| Trouble::Broken)?;
        let response = self.once(method, url, token, body).await?;
        let response = match self.elsewhere(&response) {
            Some(url) => self.once(method, url, token, body).await?,
            None => response,
        };
        read(response).await
    }

    /// Where a standby points to, if the token may go there: the same host, and not from TLS to none.
    fn elsewhere(&self, response: &Response) -> Option<Url> {
        let location = response.headers().get(LOCATION)?.to_str().ok()?;
        let url = self
            .base
            .join(location)
            .ok()
            .filter(|_| response.status() == 307)?;
        let safe = url.scheme() == "https" || url.scheme() == self.base.scheme();
        (safe && url.host_str() == self.base.host_str()).then_some(url)
    }

    async fn once(
        &self,
        method: &Method,
        url: Url,
        token: Option<&SecretValue>,
        body: Option<&SecretJson>,
    ) -> Result<Response, Trouble> {
        let mut request = self.client.request(method.clone(), url).header(REQUEST, "true");
        if let Some(token) = token {
            let mut value = HeaderValue::from_bytes(token.reveal()).map_err(|_| Trouble::Refuses)?;
            value.set_sensitive(true);
            request = request.header(TOKEN, value);
        }
        if let Some(namespace) = &self.namespace {
            request = request.header(NAMESPACE, namespace);
        }
        if let Some(body) = body {
            let media = match *method {
                Method::PATCH => "application/merge-patch+json",
                _ => "application/json",
            };
            let bytes = Bytes::from_owner(Sent(body.to_value()));
            request = request.header(CONTENT_TYPE, media).body(bytes);
        }
        request.send().await.map_err(|error| trouble(&error))
    }
}

fn trouble(error: &reqwest::Error) -> Trouble {
    if error.is_connect() {
        Trouble::Unsent
    } else if error.is_timeout() {
        Trouble::Slow
    } else {
        Trouble::Broken
    }
}

async fn read(mut response: Response) -> Result<Answer, Trouble> {
    let wait = response.headers().get(RETRY_AFTER);
    let wait = wait.and_then(|wait| wait.to_str().ok()?.parse().ok());
    let (status, mut bytes) = (response.status().as_u16(), Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            return Err(Trouble::Broken);
        }
    }
    // An answer without a body is one; a page of a proxy in the server's place says nothing but its status.
    let bytes = SecretValue::new(bytes);
    let body = match SecretJson::parse(&bytes) {
        Ok(body) => body,
        Err(_) if bytes.is_empty() || status >= 400 => SecretJson::new(Value::Null),
        Err(_) => return Err(Trouble::Broken),
    };
    Ok(Answer { status, body, wait })
}
