//! Secryn: a project is an organization, whose key says which one it is.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::json;

use super::{At, Door, Seen};
use crate::{secryn::world::send, support::TestServer};

pub struct Secryn;

#[async_trait]
impl Door for Secryn {
    fn name(&self) -> &'static str {
        "secryn"
    }

    fn names_organizations(&self) -> bool {
        false
    }

    async fn write(&self, server: &TestServer, token: &str, at: At<'_>, value: &str) -> Seen {
        let all = format!("/v1/vaults/{}/secrets", at.vault);
        let one = format!("{all}/{}", at.name);
        let changed = json!({ "value": value });
        let mut reply = send(server, Method::PUT, Some(token), &one, Some(&changed)).await;
        if reply.status == 404 {
            let made = json!({"name": at.name, "value": value});
            reply = send(server, Method::POST, Some(token), &all, Some(&made)).await;
        }
        match reply.status {
            200 => Seen::Written,
            _ => Seen::denied(&reply),
        }
    }

    async fn read(&self, server: &TestServer, token: &str, at: At<'_>) -> Seen {
        let path = format!("/v1/vaults/{}/secrets/{}", at.vault, at.name);
        let reply = send(server, Method::GET, Some(token), &path, None).await;
        let secret = &reply["data"];
        match (reply.status, secret["value"].as_str()) {
            (200, Some("********")) => Seen::Masked,
            (200, Some(value)) => Seen::value(value, secret["version"].as_u64().unwrap()),
            _ => Seen::denied(&reply),
        }
    }
}
