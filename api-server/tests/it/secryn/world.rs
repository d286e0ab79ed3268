//! Things to ask for, and tokens to ask with.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, TestServer};

/// A server that takes any number of requests.
pub async fn unlimited() -> TestServer {
    TestServer::unlimited("secryn.default").await
}

/// Sends to Secryn.
pub async fn send(
    server: &TestServer,
    method: Method,
    token: Option<&str>,
    path: &str,
    body: Option<&Value>,
) -> Reply {
    server
        .at_door(method, token, &format!("/secryn{path}"), body)
        .await
}

/// As the administrator.
pub async fn made(server: &TestServer, path: &str, body: Value) -> Reply {
    let admin = Some(server.admin.as_str());
    send(server, Method::POST, admin, path, Some(&body))
        .await
        .expect(200)
}

pub fn text(reply: &Reply, field: &str) -> String {
    reply["data"][field].as_str().unwrap().to_owned()
}

/// One of each thing, in the administrator's account.
pub struct World {
    pub vault: String,
    pub key: String,
    pub certificate: String,
    pub resource: String,
    pub webhook: String,
    pub project: String,
    pub api_key: String,
    pub access_key: String,
    /// Tokens: of the vault, of another vault, of the key, of the certificate.
    pub narrow: [String; 4],
}

impl World {
    pub async fn make(server: &TestServer, number: usize) -> Self {
        let vault = text(
            &made(server, "/v1/vaults", json!({"name": format!("v{number}")})).await,
            "id",
        );
        let other = text(
            &made(server, "/v1/vaults", json!({"name": format!("o{number}")})).await,
            "id",
        );
        let within =
            async |path: &str, body: Value| made(server, &format!("/v1/vaults/{vault}/{path}"), body).await;
        within("secrets", json!({"name": "S", "value": "value-of-s"})).await;
        let key = within(
            "keys",
            json!({"name": "K", "key_type": "Ed25519", "public": true}),
        )
        .await;
        let certificate = json!({"name": "C", "common_name": "c", "public": true});
        let certificate = within("certificates", certificate).await;
        let access = within("access-keys", json!({"name": "a"})).await;
        let others = format!("/v1/vaults/{other}/access-keys");
        let others = made(server, &others, json!({"name": "o"})).await;
        let webhook = json!({"url": "https://example.com/", "events": ["key.created"]});
        Self {
            key: text(&key, "id"),
            certificate: text(&certificate, "id"),
            resource: text(&made(server, "/v1/resources", json!({"name": "r"})).await, "id"),
            webhook: text(&made(server, "/v1/webhooks", webhook).await, "id"),
            project: text(
                &made(server, "/v1/projects", json!({"name": format!("p{number}")})).await,
                "id",
            ),
            api_key: text(&role(server, "read_only").await, "id"),
            access_key: text(&access, "id"),
            narrow: [
                text(&access, "token"),
                text(&others, "token"),
                text(&key, "public_token"),
                text(&certificate, "public_token"),
            ],
            vault,
        }
    }

    /// A documented path, as a client would send it.
    pub fn concrete(&self, template: &str) -> String {
        let id = match template.split('/').nth(2).unwrap_or_default() {
            "vaults" => &self.vault,
            "keys" => &self.key,
            "certificates" => &self.certificate,
            "resources" => &self.resource,
            "webhooks" => &self.webhook,
            "projects" => &self.project,
            "api-keys" => &self.api_key,
            _ => "",
        };
        let item = match template.split('/').nth(4).unwrap_or_default() {
            "keys" => &self.key,
            "certificates" => &self.certificate,
            "access-keys" => &self.access_key,
            _ => "",
        };
        template
            .replace("{id}", id)
            .replace("{item}", item)
            .replace("{name}", "S")
            .replace("{n}", "1")
    }

    /// The same, of things that there are not.
    pub fn unknown(template: &str) -> String {
        template
            .replace("{id}", "00000000-0000-7000-8000-000000000000")
            .replace("{item}", "00000000-0000-7000-8000-000000000001")
            .replace("{name}", "S")
            .replace("{n}", "1")
    }
}

/// A new API key with this role.
pub async fn role(server: &TestServer, role: &str) -> Reply {
    made(server, "/v1/api-keys", json!({"name": role, "role": role})).await
}
