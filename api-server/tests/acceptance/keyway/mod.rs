//! Keyway: the cases of its contract, on a directory of users and repositories in `directory.json`.

mod alerts;
mod auth;
mod bulk;
mod environments;
mod github;
mod hostile;
mod integrations;
mod keys;
mod limits;
mod matrix;
mod orgs;
mod overrides;
mod page;
mod secrets;
mod shape;
mod vaults;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{answer::Answer, subject::Subject};

const DIRECTORY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/acceptance/keyway/directory.json"
);
const ADMIN: &str = "ghp_admin";
const DEV: &str = "ghp_dev";
const VIEWER: &str = "ghp_view";
const STRANGER: &str = "ghp_none";
const REPO: &str = "/vaults/owner/repo";

/// A server with nothing in the vaults of `owner/repo` and `acme/api`.
pub struct Keyway(Subject);

impl Keyway {
    pub async fn start() -> Self {
        let unlimited = [
            "--keyway-directory",
            DIRECTORY,
            "--rate-limit",
            "keyway.default=off,keyway.verify=off,keyway.value=off,failures.address=off",
            // Nobody is at home there, and nobody outside is asked.
            "--keyway-railway-api",
            "http://127.0.0.1:9",
        ];
        let keyway = Self(Subject::with("keyway", &unlimited).await);
        for vault in ["/vaults/owner/repo", "/vaults/acme/api"] {
            keyway.delete(vault).await;
        }
        keyway
    }

    /// The same with the vault of `owner/repo`.
    pub async fn with_vault() -> Self {
        let keyway = Self::start().await;
        keyway
            .post("/vaults", json!({"repoFullName": "owner/repo"}))
            .await
            .expect(201);
        keyway
    }

    /// With these settings besides the directory.
    pub async fn limited(settings: &[&str]) -> Self {
        let all: Vec<&str> = ["--keyway-directory", DIRECTORY]
            .iter()
            .chain(settings)
            .copied()
            .collect();
        Self(Subject::start_with("keyway", &all).await)
    }

    pub async fn send(&self, method: Method, token: Option<&str>, path: &str, body: Option<Value>) -> Answer {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.0.base)
        };
        let request = self.0.http.request(method.clone(), url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        // As the product's own client: a JSON content type on every request.
        let request = request.header("content-type", "application/json");
        let answer = Answer::of(match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        })
        .await;
        shape::hold(method.as_str(), path, &answer);
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(ADMIN, path).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send(Method::GET, Some(token), path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_as(ADMIN, path, body).await
    }

    pub async fn post_as(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(Method::POST, Some(token), path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, Some(ADMIN), path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, Some(ADMIN), path, None).await
    }

    pub async fn push_as(&self, token: &str, environment: &str, secrets: Value) -> Answer {
        let body = json!({"repoFullName": "owner/repo", "environment": environment, "secrets": secrets});
        self.post_as(token, "/secrets/push", body).await
    }

    pub async fn push(&self, environment: &str, secrets: Value) -> Answer {
        self.push_as(ADMIN, environment, secrets).await
    }

    pub async fn pull_as(&self, token: &str, environment: &str) -> Answer {
        let path = format!("/secrets/pull?repo=owner/repo&environment={environment}");
        self.get_as(token, &path).await
    }

    /// The text of a pull.
    pub async fn content(&self, environment: &str) -> String {
        self.pull_as(ADMIN, environment)
            .await
            .expect(200)
            .text_at("/data/content")
    }

    /// A key of the administrator's with these scopes.
    pub async fn key(&self, scopes: &[&str]) -> (String, String) {
        let body = json!({"name": "ci", "environment": "live", "scopes": scopes});
        let made = self.post("/api-keys", body).await.expect(200);
        (made.text_at("/data/id"), made.text_at("/data/token"))
    }
}

/// A problem of this status and slug, in its whole shape.
#[track_caller]
pub fn problem(answer: Answer, status: u16, slug: &str) -> Answer {
    let answer = answer.expect(status);
    assert_eq!(
        answer["type"],
        format!("https://keyway.sh/errors/{slug}"),
        "{}",
        answer.text
    );
    assert_eq!(answer["status"], status);
    for member in ["title", "detail", "instance", "requestId"] {
        assert!(answer[member].is_string(), "{member}: {}", answer.text);
    }
    assert!(answer.header("content-type").contains("application/json"));
    assert_eq!(answer["requestId"], answer.header("x-request-id"));
    answer
}
