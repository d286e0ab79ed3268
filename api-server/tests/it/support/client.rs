//! Clients: one for ordinary requests, and raw bytes for those that no client sends.

use std::ops::Index;

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::TestServer;

/// A client for plain loopback.
pub fn plain() -> reqwest::Client {
    coffer_api_server::provide_crypto();
    reqwest::Client::builder().build().unwrap()
}

/// An answer; of an endless one, the head alone.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    json: Value,
}

impl Reply {
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let endless = headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        let text = if endless {
            String::new()
        } else {
            response.text().await.unwrap()
        };
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self {
            status,
            headers,
            text,
            json,
        }
    }

    /// Itself, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The code of a failure with this status.
    #[track_caller]
    pub fn code(self, status: u16) -> String {
        let reply = self.expect(status);
        assert!(reply["message"].is_string(), "{}", reply.text);
        reply["code"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Index<&str> for Reply {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.json[field]
    }
}

/// A body with a value.
pub fn body(value: &str) -> Value {
    serde_json::json!({ "value": value })
}

impl TestServer {
    /// A request under `/coffer/v1`, with `token` if there is one.
    pub fn request(&self, method: Method, token: Option<&str>, path: &str) -> reqwest::RequestBuilder {
        let request = self
            .http
            .request(method, format!("http://{}/coffer/v1{path}", self.address));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends as `token`, with `body` if there is one.
    pub async fn send(&self, method: Method, token: &str, path: &str, body: Option<&Value>) -> Reply {
        let request = self.request(method, Some(token), path);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Reply::of(request.send().await.unwrap()).await
    }

    /// To any door, by the whole path.
    pub async fn at_door(
        &self,
        method: Method,
        token: Option<&str>,
        path: &str,
        body: Option<&Value>,
    ) -> Reply {
        let request = self
            .http
            .request(method, format!("http://{}{path}", self.address));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Reply::of(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, &self.admin, path, None).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, &self.admin, path, Some(body)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, &self.admin, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, &self.admin, path, None).await
    }

    /// As another: GET.
    pub async fn get_as(&self, token: &str, path: &str) -> Reply {
        self.send(Method::GET, token, path, None).await
    }

    /// Sends bytes as they are on a connection of their own; the whole answer.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        // The server may answer and close before it has read everything.
        let _ = socket.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A request line with `target` exactly as given, as the administrator; status and body.
    pub async fn raw_target(&self, method: &str, target: &str) -> (u16, String) {
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            self.admin
        );
        let answer = self.raw(head.as_bytes()).await;
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, body.to_owned())
    }
}
