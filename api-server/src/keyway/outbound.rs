//! Asking another service over HTTP: bounded in time and size, without following redirects. Of what it answers in
//! failing, only the status is looked at: its words may repeat a token.

use std::{sync::OnceLock, time::Duration};

use coffer_domain::{
    integration::{Provider, ProviderError},
    secret_value::SecretValue,
};
use form_urlencoded::Serializer;
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE},
    redirect::Policy,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer, in bytes.
const LARGEST: usize = 8 * 1024 * 1024;

/// Why a request did not bring what it was sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The credential is not good there.
    Refused,
    /// There is no such thing there.
    Missing,
    /// Too much was asked.
    Limited,
    /// There was no answer, or not one that can be understood.
    Broken(&'static str),
}

impl Fault {
    /// The same as a provider's.
    pub fn of(self, provider: Provider) -> ProviderError {
        match self {
            Self::Refused => ProviderError::Refused(provider),
            Self::Missing => ProviderError::Missing(provider),
            Self::Limited => ProviderError::Limited(provider),
            Self::Broken(why) => ProviderError::Broken(provider, why),
        }
    }
}

/// A service's base address: absolute, `http` or `https`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base(Url);

impl Base {
    /// Reads an address; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let good = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
        good.then_some(Self(url))
    }

    /// The address of a path below it, each segment encoded as needed, with a query.
    pub fn at(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        // A URL with a host has a path to add to.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Scheme, host and port, as policies name them.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

/// A line to one service. Its client is made on first use.
#[derive(Debug, Default)]
pub struct Line(OnceLock<Client>);

impl Line {
    fn client(&self) -> Result<&Client, Fault> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        crate::provide_crypto();
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .user_agent("coffer")
            .build()
            .map_err(|_| Fault::Broken("cannot be asked: no HTTP client can be made"))?;
        Ok(self.0.get_or_init(|| client))
    }

    /// A request in the name of a token's holder.
    pub fn request(&self, method: Method, url: Url, token: &SecretValue) -> Result<RequestBuilder, Fault> {
        let token = std::str::from_utf8(token.reveal()).map_err(|_| Fault::Refused)?;
        // What cannot stand in a header is no token.
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Fault::Refused);
        }
        let request = self
            .client()?
            .request(method, url)
            .header(ACCEPT, "application/json");
        Ok(request.bearer_auth(token))
    }

    /// Asks for what there is at an address.
    pub async fn get<T: DeserializeOwned>(&self, url: Url, token: &SecretValue) -> Result<T, Fault> {
        read(send(self.request(Method::GET, url, token)?).await?).await
    }

    /// Sends a body, and reads the answer.
    pub async fn post<T: DeserializeOwned>(
        &self,
        url: Url,
        token: &SecretValue,
        body: &impl Serialize,
    ) -> Result<T, Fault> {
        read(send(json(self.request(Method::POST, url, token)?, body)?).await?).await
    }

    /// Sends a request with a body, or none, whose answer does not matter as long as it is a success.
    pub async fn tell<T: Serialize>(
        &self,
        method: Method,
        url: Url,
        token: &SecretValue,
        body: Option<&T>,
    ) -> Result<(), Fault> {
        let request = self.request(method, url, token)?;
        let request = match body {
            Some(body) => json(request, body)?,
            None => request,
        };
        send(request).await.map(drop)
    }

    /// Posts a form without a token, as the token endpoints of OAuth take it (RFC 6749, section 4.1.3).
    pub async fn form<T: DeserializeOwned>(&self, url: Url, fields: &[(&str, &str)]) -> Result<T, Fault> {
        let body = Zeroizing::new(Serializer::new(String::new()).extend_pairs(fields).finish());
        let request = self
            .client()?
            .post(url)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.as_bytes().to_vec());
        read(send(request).await?).await
    }
}

/// Ends what takes too long as a whole.
pub async fn within<T>(
    limit: Duration,
    asked: impl Future<Output = Result<T, Fault>> + Send,
) -> Result<T, Fault> {
    let answered = timeout(limit, asked).await;
    answered.unwrap_or(Err(Fault::Broken("takes too long to answer")))
}

fn json(request: RequestBuilder, body: &impl Serialize) -> Result<RequestBuilder, Fault> {
    let bytes = serde_json::to_vec(body).map_err(|_| Fault::Broken("cannot be told this"))?;
    Ok(request.header(CONTENT_TYPE, "application/json").body(bytes))
}

async fn send(request: RequestBuilder) -> Result<Response, Fault> {
    let answer = request.send().await.map_err(|error| {
        Fault::Broken(if error.is_timeout() {
            "does not answer in time"
        } else {
            "cannot be reached"
        })
    })?;
    match answer.status() {
        status if status.is_success() => Ok(answer),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Fault::Refused),
        StatusCode::NOT_FOUND => Err(Fault::Missing),
        StatusCode::TOO_MANY_REQUESTS => Err(Fault::Limited),
        status if status.is_client_error() => Err(Fault::Broken("does not take what it was sent")),
        _ => Err(Fault::Broken("does not answer with success")),
    }
}

async fn read<T: DeserializeOwned>(mut answer: Response) -> Result<T, Fault> {
    const CUT: Fault = Fault::Broken("breaks off its answer");
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(chunk) = answer.chunk().await.map_err(|_| CUT)? {
        if bytes.len() + chunk.len() > LARGEST {
            return Err(Fault::Broken("answers at too great length"));
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|_| Fault::Broken("answers with something that is not understood"))
}

#[cfg(test)]
mod tests {
    use super::Base;

    #[test]
    fn whatever_a_segment_holds_it_stays_one() {
        let base = Base::parse("http://127.0.0.1:9/api").unwrap();
        let url = base.at(&["projects", "a/b?c#d"], &[("teamId", "x&y=z")]);
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:9/api/projects/a%2Fb%3Fc%23d?teamId=x%26y%3Dz"
        );
        assert_eq!(base.origin(), "http://127.0.0.1:9");
        for text in ["", "vercel.com", "file:///etc", "mailto:a@b", "https://x/?q=1"] {
            assert!(Base::parse(text).is_none(), "{text}");
        }
    }
}
