//! KeyNest: a project is a vault. Its clients go by numbers, which they have from lists: what is in none of their
//! lists is not there for them. It shows no versions; the native door tells which one it is.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};

use super::{At, Door, Seen, native::Native};
use crate::support::{Reply, TestServer};

pub struct KeyNest;

async fn send(server: &TestServer, method: Method, token: &str, path: &str, body: Option<Value>) -> Reply {
    let url = format!("http://{}/keynest/api{path}", server.address);
    let request = server.http.request(method, url);
    let request = request.header("authorization", format!("Token {token}"));
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    Reply::of(request.send().await.unwrap()).await
}

/// The entry of a list that `is` the one.
async fn listed(
    server: &TestServer,
    token: &str,
    path: &str,
    is: impl Fn(&Value) -> bool,
) -> Result<Value, Seen> {
    let reply = send(server, Method::GET, token, path, None).await;
    if reply.status != 200 {
        return Err(Seen::denied(&reply));
    }
    let found = reply["results"].as_array().unwrap().iter().find(|one| is(one));
    found
        .cloned()
        .ok_or_else(|| Seen::Denied(404, "in no list".to_owned()))
}

/// The number of environment `default`: made now, where it is not one yet.
async fn environment(server: &TestServer, token: &str, at: At<'_>) -> Result<u64, Seen> {
    let path = format!("/projects/?search={}", at.vault);
    let project = listed(server, token, &path, |one| one["name"] == at.vault).await?;
    let number = project["id"].as_u64().unwrap();
    let path = format!("/projects/{number}/environments/");
    match listed(server, token, &path, |one| one["name"] == "default").await {
        Err(Seen::Denied(404, _)) => {}
        other => return other.map(|found| found["id"].as_u64().unwrap()),
    }
    let body = json!({"name": "default", "project": number});
    let made = send(server, Method::POST, token, "/environments/", Some(body)).await;
    match made.status {
        201 => Ok(made["id"].as_u64().unwrap()),
        _ => Err(Seen::denied(&made)),
    }
}

async fn variable(server: &TestServer, token: &str, at: At<'_>) -> Result<Value, Seen> {
    let environment = environment(server, token, at).await?;
    let path = format!("/variables/?environment={environment}&key={}", at.name);
    listed(server, token, &path, |one| one["key"] == at.name).await
}

#[async_trait]
impl Door for KeyNest {
    fn name(&self) -> &'static str {
        "keynest"
    }

    fn names_organizations(&self) -> bool {
        false
    }

    async fn write(&self, server: &TestServer, token: &str, at: At<'_>, value: &str) -> Seen {
        let environment = match environment(server, token, at).await {
            Ok(environment) => environment,
            Err(seen) => return seen,
        };
        let (method, path, body) = if let Ok(found) = variable(server, token, at).await {
            let path = format!("/variables/{}/", found["id"]);
            (Method::PATCH, path, json!({ "value": value }))
        } else {
            let body = json!({"key": at.name, "value": value, "environment": environment});
            (Method::POST, "/variables/".to_owned(), body)
        };
        let reply = send(server, method, token, &path, Some(body)).await;
        match reply.status {
            200 | 201 => Seen::Written,
            _ => Seen::denied(&reply),
        }
    }

    async fn read(&self, server: &TestServer, token: &str, at: At<'_>) -> Seen {
        let found = match variable(server, token, at).await {
            Ok(found) => found,
            Err(seen) => return seen,
        };
        let value = found["decrypted_value"].as_str().unwrap();
        if value == "[HIDDEN]" {
            return Seen::Masked;
        }
        match Native.read(server, token, at).await {
            Seen::Value { version, .. } => Seen::value(value, version),
            other => other,
        }
    }
}
