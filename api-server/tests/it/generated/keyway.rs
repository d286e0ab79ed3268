//! Keyway's part, on a directory of users and repositories.

use std::path::PathBuf;

use coffer_api_server::{
    http::settings::DoorSettings,
    keyway::{Args, DIALECT},
};
use serde_json::{Value, json};

use super::{Door, ask, line::Answered};
use crate::support::{Choices, Reply, TestServer};

const DIRECTORY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/acceptance/keyway/directory.json"
);

const FIELDS: [&str; 12] = [
    "repoFullName",
    "environment",
    "secrets",
    "key",
    "value",
    "name",
    "newName",
    "type",
    "scopes",
    "expiresInDays",
    "allowedIps",
    "targetType",
];

const VALUES: [&str; 14] = [
    "owner/repo",
    "octocat/second",
    "acme/hidden",
    "local",
    "staging",
    "standard",
    "protected",
    "role",
    "read",
    "user",
    "live",
    "read:secrets",
    "A",
    "10.0.0.0/8",
];

const QUERIES: [&str; 6] = [
    "?repo=owner/repo&environment=local&key=A",
    "?repo=owner/repo",
    "?repo=owner/repo&environment=*&key=*",
    "?environment=local&limit=1&offset=18446744073709551615",
    "?limit=100&offset=1",
    "?user_code=AAAAA-AAAAA",
];

/// A server with a vault that has a secret, and one in the trash whose name is taken again.
async fn world() -> (TestServer, String, String) {
    let rates = "keyway.default=off,keyway.verify=off,keyway.value=off";
    let args = Args {
        keyway_directory: Some(PathBuf::from(DIRECTORY)),
        ..Args::default()
    };
    let doors = DoorSettings {
        rates: rates.split(',').map(|rate| rate.parse().unwrap()).collect(),
        keyway: args.settings(),
        ..DoorSettings::default()
    };
    let server = TestServer::with(Choices {
        doors: doors.with_failures(None),
        ..Choices::default()
    })
    .await;
    let post = async |path: &str, body: Value| {
        let url = format!("http://{}/keyway/v1{path}", server.address);
        let request = server.http.post(url).bearer_auth("ghp_admin").json(&body);
        Reply::of(request.send().await.unwrap()).await.expect(201)
    };
    post("/vaults", json!({"repoFullName": "owner/repo"})).await;
    let mut ids = Vec::new();
    // No request names the environment of the other: nobody takes it away there.
    for (key, environment) in [("A", "local"), ("T", "production")] {
        let body = json!({"key": key, "value": "v", "environment": environment});
        let made = post("/vaults/owner/repo/secrets", body).await;
        ids.push(made["data"]["id"].as_str().unwrap().to_owned());
    }
    let (secret, trashed) = (ids.remove(0), ids.remove(0));
    let url = format!(
        "http://{}/keyway/v1/vaults/owner/repo/secrets/{trashed}",
        server.address
    );
    let deleted = server
        .http
        .delete(url)
        .bearer_auth("ghp_admin")
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), 204);
    // Another of the name: what is in the trash cannot come back as it was.
    let body = json!({"key": "T", "value": "v", "environment": "production"});
    post("/vaults/owner/repo/secrets", body).await;
    (server, secret, trashed)
}

/// A body that would do, did it not ask for what there is already: the world stays as it is, and says so.
fn body(method: &str, path: &str) -> Option<Value> {
    (!matches!(method, "GET" | "DELETE")).then(|| {
        let name = if path.contains("/environments") { "production" } else { "RENAMED" };
        json!({
            "repoFullName": "owner/repo", "environment": "local", "secrets": {"A": "1"}, "key": "A", "value": "v",
            "name": name, "newName": "production", "type": "standard", "targetType": "role", "targetRole": "read",
            "canRead": true, "canWrite": false, "scopes": ["read:secrets"], "repoOwner": "owner", "repoName": "repo",
        })
    })
}

/// A problem, or the page on which a person decides a device code.
fn is_refusal(answer: &Answered) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    if kind.starts_with("text/html") {
        return answer.body.contains("role=\"alert\"");
    }
    let problem = answer.json();
    let texts = ["title", "detail", "instance", "requestId"];
    problem["type"]
        .as_str()
        .is_some_and(|kind| kind.starts_with("https://keyway.sh/errors/"))
        && problem["status"] == answer.status
        && texts.iter().all(|member| problem[member].is_string())
        && answer.header("x-request-id").is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keyway_answers_twenty_thousand_generated_requests_as_documented() {
    let (server, secret, trashed) = world().await;
    let bearer = |token: &str| format!("authorization: Bearer {token}");
    let mut credentials = vec![bearer("ghp_admin"); 12];
    credentials.extend(["ghp_dev", "ghp_view"].map(bearer));
    credentials.extend(
        [
            "ghp_dev",
            "ghp_view",
            "ghp_none",
            "eyJ.a.b",
            "kw_live_guess",
            &server.admin,
        ]
        .map(bearer),
    );
    credentials.extend(["", "authorization: Basic YTpi"].map(str::to_owned));
    let concrete = move |method: &str, path: &str| {
        let id = if path.contains("/trash/") {
            &trashed
        } else {
            &secret
        };
        (method != "DELETE").then(|| {
            path.replace("{owner}/{repo}", "owner/repo")
                .replace("{id}", id)
                .replace("{version}", "00000000-0000-4000-8000-000000000000")
                .replace("{name}", "staging")
                .replace("{org}", "acme")
                .replace("{provider}", "railway")
        })
    };
    let door = Door {
        dialect: &DIALECT,
        mounts: &["/keyway"],
        credentials,
        concrete: Box::new(concrete),
        fields: &FIELDS,
        values: &VALUES,
        queries: &QUERIES,
        body,
        is_refusal,
        reached: &[200, 400, 401, 403, 404, 409],
    };
    ask(&server, door).await;
}
