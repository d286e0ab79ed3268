//! v-secure: the account is the key's own organization, and its one vault `default`. No address of its names another
//! one: what somebody else does here, they do with their own.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::json;

use super::{At, Door, Seen};
use crate::{support::TestServer, v_secure::world::BASE};

pub struct VSecure;

#[async_trait]
impl Door for VSecure {
    fn name(&self) -> &'static str {
        "v_secure"
    }

    fn reaches(&self, vault: &str) -> bool {
        vault == "default"
    }

    fn names_organizations(&self) -> bool {
        false
    }

    async fn write(&self, server: &TestServer, token: &str, at: At<'_>, value: &str) -> Seen {
        let body = json!({"name": at.name, "value": value});
        let path = format!("{BASE}/secrets");
        let reply = server
            .at_door(Method::POST, Some(token), &path, Some(&body))
            .await;
        match reply.status {
            200 | 201 => Seen::Written,
            _ => Seen::denied(&reply),
        }
    }

    async fn read(&self, server: &TestServer, token: &str, at: At<'_>) -> Seen {
        let path = format!("{BASE}/secrets/{}", at.name);
        let reply = server.at_door(Method::GET, Some(token), &path, None).await;
        match (reply.status, reply["value"].as_str()) {
            (200, Some(value)) => Seen::value(value, reply["version"].as_u64().unwrap()),
            _ => Seen::denied(&reply),
        }
    }
}
