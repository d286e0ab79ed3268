//! The numbered cases of this door's contract, and what its clients send: each request as their traces show it.

mod clients;
mod metadata;
mod real;
mod server;
mod tokens;
mod values;
mod wrapping;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    answer::{Answer, members},
    subject::Subject,
};

/// A server with a mount of this test's own.
pub struct Kv {
    pub subject: Subject,
    pub mount: String,
}

impl Kv {
    pub async fn start() -> Self {
        Self::over(Subject::of("kv2").await).await
    }

    pub async fn over(subject: Subject) -> Self {
        // A name that no other run on the same server has.
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let kv = Self {
            subject,
            mount: format!("kv-{plain}"),
        };
        let body = json!({"type": "kv", "options": {"version": "2"}});
        let path = format!("sys/mounts/{}", kv.mount);
        nothing(&kv.send(Method::POST, &path, Some(&body)).await);
        kv
    }

    /// A request as the Go clients send it: no declared type, a few headers that mean nothing here.
    pub async fn as_token(
        &self,
        token: Option<&str>,
        (method, path): (Method, &str),
        body: Option<&Value>,
    ) -> Answer {
        let request = self.request(method, path);
        let request = match token {
            Some(token) => request.header("x-vault-token", token),
            None => request,
        };
        Answer::of(match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        })
        .await
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/v1/{path}", self.subject.base);
        self.subject
            .http
            .request(method, url)
            .header("x-vault-request", "true")
            .header("x-vault-inconsistent", "forward-active-node")
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.as_token(Some(&self.subject.token), (method, path), body)
            .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        let request = self
            .request(Method::PATCH, path)
            .header("x-vault-token", &self.subject.token);
        let request = request.header("content-type", "application/merge-patch+json");
        Answer::of(request.body(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// A path of the mount: `data/app` below it.
    pub fn at(&self, rest: &str) -> String {
        format!("{}/{rest}", self.mount)
    }

    /// Writes a value; its version.
    pub async fn set(&self, path: &str, data: Value) -> u64 {
        let written = self
            .put(
                &self.at(&format!("data/{path}")),
                json!({"data": data, "options": {}}),
            )
            .await;
        logical(&written)["version"].as_u64().unwrap()
    }

    /// The value at a path.
    pub async fn value(&self, path: &str) -> Value {
        let read = self.get(&self.at(&format!("data/{path}"))).await;
        logical(&read)["data"].clone()
    }
}

/// The data of a good answer in its whole envelope.
#[track_caller]
pub fn logical(answer: &Answer) -> &Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    enveloped(answer)
}

/// The data of an answer in its whole envelope.
#[track_caller]
pub fn enveloped(answer: &Answer) -> &Value {
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    for (name, expected) in [
        ("lease_id", json!("")),
        ("renewable", json!(false)),
        ("lease_duration", json!(0)),
        ("wrap_info", json!(null)),
        ("warnings", json!(null)),
        ("auth", json!(null)),
    ] {
        assert_eq!(answer[name], expected, "{name}: {}", answer.text);
    }
    assert_eq!(answer["request_id"], answer.header("x-request-id"));
    assert!(members(&answer.json).len() >= 8, "{}", answer.text);
    &answer["data"]
}

/// Done, with nothing to say of it.
#[track_caller]
pub fn nothing(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (204, ""),
        "{}",
        answer.text
    );
}

/// Refused with these words, or without any.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, errors: Value) {
    let expected = Value::Object([("errors".to_owned(), errors)].into_iter().collect());
    assert_eq!((answer.status, &answer.json), (status, &expected));
}
