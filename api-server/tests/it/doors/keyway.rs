//! Keyway: an owner is an organization, a repository a vault. It writes by pushing a whole environment, and shows the
//! versions before the present one.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{At, Door, Seen};
use crate::support::{Reply, TestServer};

pub struct Keyway;

async fn send(server: &TestServer, method: Method, token: &str, path: &str, body: Option<Value>) -> Reply {
    let url = format!("http://{}/keyway/v1{path}", server.address);
    let request = server.http.request(method, url).bearer_auth(token);
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    Reply::of(request.send().await.unwrap()).await
}

async fn get(server: &TestServer, token: &str, path: &str) -> Reply {
    send(server, Method::GET, token, path, None).await
}

/// What is in the environment; a push of less would put the rest in the trash.
async fn present(server: &TestServer, token: &str, repo: &str) -> Map<String, Value> {
    let pulled = get(
        server,
        token,
        &format!("/secrets/pull?repo={repo}&environment=default"),
    )
    .await;
    let content = pulled["data"]["content"].as_str().unwrap_or_default().to_owned();
    let pairs = content.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.into())).collect()
}

/// The number of the present version: one more than those before it, which are told newest first.
async fn version(server: &TestServer, token: &str, repo: &str, name: &str) -> u64 {
    let listed = get(
        server,
        token,
        &format!("/vaults/{repo}/secrets?environment=default&limit=100"),
    )
    .await;
    let all = listed["data"].as_array().unwrap();
    let id = all.iter().find(|one| one["key"] == name).unwrap()["id"]
        .as_str()
        .unwrap();
    let past = get(server, token, &format!("/vaults/{repo}/secrets/{id}/versions"))
        .await
        .expect(200);
    let numbers: Vec<u64> = past["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["versionNumber"].as_u64().unwrap())
        .collect();
    let newest = numbers.first().copied().unwrap_or(0);
    assert_eq!(numbers, (1..=newest).rev().collect::<Vec<_>>());
    newest + 1
}

#[async_trait]
impl Door for Keyway {
    fn name(&self) -> &'static str {
        "keyway"
    }

    async fn write(&self, server: &TestServer, token: &str, at: At<'_>, value: &str) -> Seen {
        let repo = format!("{}/{}", at.organization, at.vault);
        let mut secrets = present(server, token, &repo).await;
        secrets.insert(at.name.to_owned(), value.into());
        let body = json!({"repoFullName": repo, "environment": "default", "secrets": secrets});
        let reply = send(server, Method::POST, token, "/secrets/push", Some(body)).await;
        match reply.status {
            200 => Seen::Written,
            _ => Seen::denied(&reply),
        }
    }

    async fn read(&self, server: &TestServer, token: &str, at: At<'_>) -> Seen {
        let repo = format!("{}/{}", at.organization, at.vault);
        let path = format!("/secrets/view?repo={repo}&environment=default&key={}", at.name);
        let reply = get(server, token, &path).await;
        match reply.status {
            200 => {
                let value = reply["data"]["value"].as_str().unwrap().to_owned();
                let version = version(server, token, &repo, at.name).await;
                Seen::Value { value, version }
            }
            _ => Seen::denied(&reply),
        }
    }
}
