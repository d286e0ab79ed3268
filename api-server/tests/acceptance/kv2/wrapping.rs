//! Answers that are put away for whoever holds their token.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Kv, refused};
use crate::answer::{Answer, members};

const NONE: &str = "wrapping token is not valid or does not exist";

impl Kv {
    /// Asks for an answer to be put away.
    async fn wrapped(&self, method: Method, path: &str, body: Option<&Value>, ttl: &str) -> Answer {
        let request = self.request(method, path);
        let request = request.header("x-vault-token", &self.subject.token);
        let request = request.header("x-vault-wrap-ttl", ttl);
        Answer::of(body.into_iter().fold(request, reqwest::RequestBuilder::json)).await
    }

    async fn wrapping(&self, verb: &str, token: &str) -> Answer {
        let path = format!("sys/wrapping/{verb}");
        self.as_token(Some(token), (Method::PUT, &path), None).await
    }
}

#[tokio::test]
async fn a_wrapped_read_is_taken_once_with_its_token() {
    let kv = Kv::start().await;
    kv.set("app", json!({"token": "hunter2"})).await;
    let path = kv.at("data/app");
    let wrapped = kv.wrapped(Method::GET, &path, None, "1m0s").await.expect(200);
    assert!(!wrapped.text.contains("hunter2"), "{}", wrapped.text);
    let info = &wrapped["wrap_info"];
    assert_eq!(
        members(info),
        ["accessor", "creation_path", "creation_time", "token", "ttl"]
    );
    assert_eq!((&info["ttl"], &info["creation_path"]), (&json!(60), &json!(path)));
    assert_eq!(wrapped["data"], Value::Null);
    let token = wrapped.text_at("/wrap_info/token");
    // It opens its answer and nothing else.
    let read = kv.as_token(Some(&token), (Method::GET, &path), None).await;
    refused(&read, 403, json!(["permission denied"]));
    let looked = kv.wrapping("lookup", &token).await.expect(200);
    assert_eq!(looked["data"]["creation_ttl"], 60);
    let taken = kv.wrapping("unwrap", &token).await.expect(200);
    assert_eq!(taken["data"]["data"], json!({"token": "hunter2"}));
    for verb in ["unwrap", "lookup", "rewrap"] {
        refused(&kv.wrapping(verb, &token).await, 400, json!([NONE]));
    }
}

#[tokio::test]
async fn what_is_not_wrapped_here_is_not_answered_unwrapped() {
    let kv = Kv::start().await;
    let value = json!({"data": {"k": "v"}});
    kv.set("app", json!({"k": "v"})).await;
    let (path, about, none) = (kv.at("data/app"), kv.at("metadata/app"), kv.at("data/none"));
    let said = "this answer is not wrapped here; values are";
    refused(
        &kv.wrapped(Method::GET, &about, None, "60").await,
        400,
        json!([said]),
    );
    refused(
        &kv.wrapped(Method::PUT, &path, Some(&value), "60").await,
        400,
        json!([said]),
    );
    let strange = kv.wrapped(Method::GET, &path, None, "soon").await;
    let words = "X-Vault-Wrap-TTL must be a length of time such as 60 or 1m";
    refused(&strange, 400, json!([words]));
    // What is not there is no answer to put away, and no time is none.
    assert_eq!(kv.wrapped(Method::GET, &none, None, "60").await.status, 404);
    let plain = kv.wrapped(Method::GET, &path, None, "0").await.expect(200);
    assert_eq!(plain["data"]["data"]["k"], "v");
}
