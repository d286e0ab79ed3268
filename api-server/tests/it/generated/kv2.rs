//! KV v2's part, on a mount with a few secrets.

use coffer_api_server::{http::settings::DoorSettings, kv2::DIALECT};
use serde_json::{Value, json};

use super::{Door, ask, line::Answered};
use crate::support::{Choices, Reply, TestServer};

const FIELDS: [&str; 9] = [
    "data",
    "options",
    "versions",
    "custom_metadata",
    "max_versions",
    "cas_required",
    "increment",
    "role_id",
    "paths",
];

const VALUES: [&str; 10] = [
    "1",
    "1,2",
    "1h",
    "true",
    "default/data/a",
    "default/metadata",
    "sys/health",
    "kv-v2",
    "a.b.c",
    "s.000000000000000000000000",
];

const QUERIES: [&str; 9] = [
    "",
    "?list=true",
    "?list=1&after=a&limit=1",
    "?list=maybe",
    "?version=1",
    "?version=99",
    "?version=-1",
    "?limit=x&list=t",
    "?depth=1",
];

async fn world() -> TestServer {
    let server = TestServer::with(Choices {
        doors: DoorSettings::default().with_failures(None),
        ..Choices::default()
    })
    .await;
    for name in ["a", "b", "app/api"] {
        let url = format!("http://{}/kv2/v1/default/data/{name}", server.address);
        let made = server.http.put(url).header("x-vault-token", &server.admin);
        let made = made.body(json!({"data": {"k": "v"}}).to_string());
        Reply::of(made.send().await.unwrap()).await.expect(200);
    }
    server
}

fn body(method: &str, path: &str) -> Option<Value> {
    if !matches!(method, "POST" | "PUT" | "PATCH") {
        return None;
    }
    let verb = path.split('/').nth(3).unwrap_or_default();
    Some(match verb {
        "data" => json!({"data": {"k": "v"}, "options": {"cas": 1}}),
        "metadata" => json!({"custom_metadata": {"k": "v"}, "max_versions": 3}),
        "delete" | "undelete" | "destroy" => json!({"versions": [1, "2"]}),
        "approle" => json!({"role_id": "r", "secret_id": "s"}),
        "kubernetes" | "jwt" => json!({"role": "r", "jwt": "a.b.c"}),
        "mounts" => json!({"type": "kv", "options": {"version": "2"}}),
        "capabilities-self" => json!({"paths": ["default/data/a"]}),
        _ => json!({}),
    })
}

/// A refusal has its words in a list; what is said of a version that cannot be read is no refusal; a patch of nothing
/// has no body.
fn is_refusal(answer: &Answered) -> bool {
    let failure = answer.json();
    let gone = answer.status == 404 && failure["data"].is_object();
    let bare = answer.status == 404 && failure.is_null();
    failure["errors"].is_array() || gone || bare
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kv2_answers_twenty_thousand_generated_requests_as_documented() {
    let server = world().await;
    // Nobody who asks may revoke keys, their own among them.
    let all = server
        .key(&[
            "secrets:read",
            "secrets:list",
            "secrets:write",
            "secrets:delete",
            "secrets:destroy",
            "vaults:manage",
        ])
        .await;
    let lists = server.key(&["secrets:list"]).await;
    let header = |token: &str| format!("x-vault-token: {token}");
    let mut credentials = vec![header(&all); 9];
    credentials.extend(vec![header(&lists); 5]);
    credentials.push(format!("authorization: Bearer {all}"));
    credentials.extend([
        header("s.000000000000000000000000"),
        header("coffer_guess"),
        String::new(),
    ]);
    let concrete = |_: &str, path: &str| Some(path.replace("{mount}", "default").replace("{path}", "a"));
    let door = Door {
        dialect: &DIALECT,
        mounts: &["/kv2"],
        credentials,
        concrete: Box::new(concrete),
        fields: &FIELDS,
        values: &VALUES,
        queries: &QUERIES,
        body,
        is_refusal,
        reached: &[200, 204, 400, 403, 404],
    };
    ask(&server, door).await;
}
