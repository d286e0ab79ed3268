//! v-secure: the forty-five cases of its contract.

mod audit;
mod keys;
mod lists;
mod mcp;
mod receiver;
mod sandbox;
mod secrets;
mod transport;
mod webhooks;

use coffer_domain::port::Entropy;
use coffer_store::SystemEntropy;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{answer::Answer, subject::Subject};

/// A server with an account.
pub struct VSecure(Subject);

impl VSecure {
    pub async fn start() -> Self {
        Self(Subject::of("v-secure").await)
    }

    /// With the original's own rate limit.
    pub async fn limited() -> Self {
        Self(Subject::with("v-secure", &[]).await)
    }

    pub fn request(&self, method: Method, token: Option<&str>, path: &str) -> RequestBuilder {
        let request = self.0.http.request(method, format!("{}{path}", self.0.base));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(&self, method: Method, token: Option<&str>, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, token, path);
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(&self.0.token, path).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send(Method::GET, Some(token), path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_as(&self.0.token, path, body).await
    }

    pub async fn post_as(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(Method::POST, Some(token), path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, Some(&self.0.token), path, Some(body))
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, Some(&self.0.token), path, None).await
    }

    pub fn token(&self) -> &str {
        &self.0.token
    }

    /// A fresh name, the same in one test, so that tests can share a server.
    pub fn name(prefix: &str) -> String {
        format!("{prefix}_{}", fresh())
    }

    /// A new secret.
    pub async fn secret(&self, name: &str, value: &str, tags: &[&str]) -> Answer {
        let body = json!({"name": name, "value": value, "tags": tags});
        self.post("/secrets", body).await.expect(201)
    }

    /// A new key with these scopes: its token, and its id.
    pub async fn key(&self, scopes: &[&str]) -> (String, String) {
        let body = json!({"name": "made by a test", "scopes": scopes});
        let made = self.post("/api-keys", body).await.expect(201);
        (made.text_at("/apiKey"), made.text_at("/id"))
    }
}

/// Letters and digits that nothing has in its name.
pub fn fresh() -> String {
    let mut random = [0; 8];
    SystemEntropy::checked().unwrap().fill(&mut random);
    format!("{:016x}", u64::from_be_bytes(random))
}

/// Whether a text is a moment with whole seconds.
pub fn is_moment(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 20 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
}

/// The moment at a path.
#[track_caller]
pub fn moment(answer: &Answer, path: &str) -> jiff::Timestamp {
    answer.text_at(path).parse().unwrap()
}
