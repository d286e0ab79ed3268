//! KV v2: a vault is a mount, and plain text is a map with the one key `value`.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};

use super::{At, Door, Seen};
use crate::support::{Reply, TestServer};

pub struct Kv2;

/// A refusal. A token that is none is answered 403 here, with words of its own, where other doors say 401.
fn denied(reply: &Reply) -> Seen {
    match Seen::denied(reply) {
        Seen::Denied(403, text) if reply["errors"] == json!(["permission denied"]) => Seen::Denied(401, text),
        other => other,
    }
}

async fn send(server: &TestServer, token: &str, at: At<'_>, body: Option<Value>) -> Reply {
    let url = format!("http://{}/kv2/v1/{}/data/{}", server.address, at.vault, at.name);
    let method = if body.is_some() { Method::PUT } else { Method::GET };
    let request = server.http.request(method, url).header("x-vault-token", token);
    let request = match body {
        Some(body) => request.body(body.to_string()),
        None => request,
    };
    Reply::of(request.send().await.unwrap()).await
}

#[async_trait]
impl Door for Kv2 {
    fn name(&self) -> &'static str {
        "kv2"
    }

    fn names_organizations(&self) -> bool {
        false
    }

    async fn write(&self, server: &TestServer, token: &str, at: At<'_>, value: &str) -> Seen {
        let reply = send(server, token, at, Some(json!({"data": {"value": value}}))).await;
        match reply.status {
            200 => Seen::Written,
            _ => denied(&reply),
        }
    }

    async fn read(&self, server: &TestServer, token: &str, at: At<'_>) -> Seen {
        let reply = send(server, token, at, None).await;
        let data = &reply["data"];
        match (reply.status, data["data"]["value"].as_str()) {
            (200, Some(value)) => Seen::value(value, data["metadata"]["version"].as_u64().unwrap()),
            _ => denied(&reply),
        }
    }
}
