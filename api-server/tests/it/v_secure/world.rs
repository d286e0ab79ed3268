//! Things to ask for, and keys to ask with.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, TestServer};

pub const BASE: &str = "/v-secure/v1/security";
pub const SIX: [&str; 6] = [
    "secrets:read",
    "secrets:write",
    "secrets:delete",
    "apikeys:manage",
    "mcp:access",
    "audit:read",
];

/// A server that takes any number of requests, and delivers to loopback.
pub async fn unlimited() -> TestServer {
    TestServer::unlimited("v-secure.default").await
}

/// As the administrator; anything but success is a failure.
pub async fn made(server: &TestServer, method: Method, path: &str, body: Value) -> Reply {
    let admin = Some(server.admin.as_str());
    let reply = server
        .at_door(method, admin, &format!("{BASE}{path}"), Some(&body))
        .await;
    assert!((200..300).contains(&reply.status), "{path}: {}", reply.text);
    reply
}

/// The text of a member.
pub fn text(reply: &Reply, field: &str) -> String {
    reply[field].as_str().unwrap().to_owned()
}

/// A key with these scopes; with a mode, of the sandbox.
pub async fn key(server: &TestServer, scopes: &[&str], mode: &str) -> String {
    let body = json!({"name": "k", "scopes": scopes, "mode": mode});
    text(&made(server, Method::POST, "/api-keys", body).await, "apiKey")
}

/// One of each thing, in the administrator's account.
pub struct World {
    key: String,
    approval: String,
    log: String,
    export: String,
    report: String,
    webhook: String,
}

impl World {
    pub async fn make(server: &TestServer) -> Self {
        let post = async |path: &str, body: Value| made(server, Method::POST, path, body).await;
        post(
            "/secrets",
            json!({"name": "S", "value": "value-of-s", "tags": ["open"]}),
        )
        .await;
        let resource = json!({
            "uri": "vsecure://secrets/open/*", "name": "open", "permissions": ["read"], "requiresApproval": false,
        });
        post("/mcp/resources", resource).await;
        let ask = json!({"resource": "vsecure://secrets/closed/X", "operation": "read", "reason": "r"});
        let approval = text(&post("/mcp/approve", ask).await, "approvalId");
        let key = text(
            &post("/api-keys", json!({"name": "k", "scopes": ["apikeys:read"]})).await,
            "id",
        );
        let hook = json!({"url": "https://example.com/", "events": ["secret.created"]});
        let webhook = text(&post("/webhooks", hook).await, "id");
        let report = json!({"type": "soc2", "period": {"start": "2026-01-01", "end": "2026-12-31"}});
        let report = text(&post("/audit-logs/reports", report).await, "reportId");
        let export = text(
            &post("/audit-logs/export", json!({"format": "json"})).await,
            "exportId",
        );
        completed(server, &export).await;
        let logs = made(server, Method::GET, "/audit-logs?limit=1", json!({})).await;
        let log = logs["data"][0]["id"].as_str().unwrap().to_owned();
        Self {
            key,
            approval,
            log,
            export,
            report,
            webhook,
        }
    }

    /// A documented path, as a client would send it.
    pub fn concrete(&self, template: &str) -> String {
        format!("/v-secure{}", self.own(template))
    }

    /// The same as the door knows it.
    pub fn own(&self, template: &str) -> String {
        let id = match template.split('/').nth(3).unwrap_or_default() {
            "api-keys" => &self.key,
            "mcp" => &self.approval,
            "webhooks" => &self.webhook,
            _ => &self.log,
        };
        template
            .replace("{name}", "S")
            .replace("{uri}", "vsecure%3A%2F%2Fsecrets%2Fopen%2FS")
            .replace("{export}", &self.export)
            .replace("{report}", &self.report)
            .replace("{id}", id)
    }
}

/// Waits until an export has been made.
pub async fn completed(server: &TestServer, export: &str) {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let reply = made(
            server,
            Method::GET,
            &format!("/audit-logs/exports/{export}"),
            json!({}),
        )
        .await;
        if text(&reply, "status") == "completed" {
            return;
        }
        assert!(Instant::now() < deadline, "it is not made: {}", reply.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
