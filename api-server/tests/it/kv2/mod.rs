//! The KV v2 door over real sockets: who may ask what, and pods that log in.

mod logins;
mod matrix;

use reqwest::Method;
use serde_json::Value;

use crate::support::{Reply, TestServer};

/// A request below `/kv2/v1/`, with this token if there is one.
pub async fn ask(
    server: &TestServer,
    token: Option<&str>,
    (method, path): (Method, &str),
    body: Option<&Value>,
) -> Reply {
    let url = format!("http://{}/kv2/v1/{path}", server.address);
    let is_patch = method == Method::PATCH;
    let mut request = server.http.request(method, url);
    if let Some(token) = token {
        request = request.header("x-vault-token", token);
    }
    if is_patch {
        request = request.header("content-type", "application/merge-patch+json");
    }
    if let Some(body) = body {
        request = request.body(body.to_string());
    }
    Reply::of(request.send().await.unwrap()).await
}
