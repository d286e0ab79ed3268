//! The native API.

use async_trait::async_trait;
use reqwest::Method;

use super::{At, Door, Seen};
use crate::support::{TestServer, body};

pub struct Native;

fn path(
    At {
        organization,
        vault,
        name,
    }: At<'_>,
) -> String {
    format!("/organizations/{organization}/vaults/{vault}/environments/default/secrets/{name}")
}

#[async_trait]
impl Door for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    async fn write(&self, server: &TestServer, token: &str, at: At<'_>, value: &str) -> Seen {
        let reply = server
            .send(Method::PUT, token, &path(at), Some(&body(value)))
            .await;
        match reply.status {
            200 | 201 => Seen::Written,
            _ => Seen::denied(&reply),
        }
    }

    async fn read(&self, server: &TestServer, token: &str, at: At<'_>) -> Seen {
        let reply = server.get_as(token, &path(at)).await;
        match reply.status {
            200 => Seen::value(
                reply["value"].as_str().unwrap(),
                reply["version"].as_u64().unwrap(),
            ),
            _ => Seen::denied(&reply),
        }
    }
}
