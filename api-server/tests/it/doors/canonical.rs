//! Canonical: a vault is a mount, and plain text is a map with the one key `value`.

use async_trait::async_trait;
use serde_json::json;

use super::{At, Door, Seen};
use crate::support::{Reply, TestServer};

pub struct Canonical;

/// A refusal. A vault that there is not, or that is hidden, is a mount that is not the tenant's: 400, where other
/// doors say 404.
fn denied(reply: &Reply) -> Seen {
    match Seen::denied(reply) {
        Seen::Denied(400, text) if reply["code"] == "TENANT_MOUNT_MISMATCH" => Seen::Denied(404, text),
        other => other,
    }
}

fn uri(at: At<'_>) -> String {
    format!("openbao+kv2://{}/{}", at.vault, at.name)
}

#[async_trait]
impl Door for Canonical {
    fn name(&self) -> &'static str {
        "canonical"
    }

    fn names_organizations(&self) -> bool {
        false
    }

    async fn write(&self, server: &TestServer, token: &str, at: At<'_>, value: &str) -> Seen {
        let url = format!("http://{}/canonical/api/secrets", server.address);
        let body = json!({ "uri": format!("{}#value", uri(at)), "value": value });
        let request = server.http.post(url).bearer_auth(token).json(&body);
        let reply = Reply::of(request.send().await.unwrap()).await;
        match reply.status {
            200 => Seen::Written,
            _ => denied(&reply),
        }
    }

    async fn read(&self, server: &TestServer, token: &str, at: At<'_>) -> Seen {
        let url = format!(
            "http://{}/canonical/api/secrets/value?uri={}%23value",
            server.address,
            uri(at)
        );
        let reply = Reply::of(server.http.get(url).bearer_auth(token).send().await.unwrap()).await;
        match (reply.status, reply["value"].as_str()) {
            (200, Some(value)) => Seen::value(value, reply.header("x-secret-version").parse().unwrap()),
            _ => denied(&reply),
        }
    }
}
