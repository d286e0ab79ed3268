//! The numbered cases of this door's contract, against the program itself. `RAW` is what curl sends for a documented
//! command (nothing from the `#` on), `ENC` the same with `#` written `%23`.

pub mod bearer;
mod dev;
mod dpop;
mod errors;
mod issuers;
mod keeper;
mod kv;
mod mounts;
mod mtls;
mod policy;
mod scopes;
mod stages;
mod transfer;
mod vault;
mod writers;
mod yaml;

use keeper::Keeper;
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

use crate::{answer::Answer, subject::Subject};

const FILE: &str = "secret:
  env:
    MY_API_KEY: abc123
    FROM: from-value
    API_TOKEN: t0k
  crud:
    CREDENTIAL_ENCRYPTION_KEY: test-key-123
    DB_USER: app
    DB_PASS: s3cr3t
";

/// A server of one of the contract's profiles, and its YAML file.
pub struct Canonical {
    pub subject: Subject,
    folder: TempDir,
}

impl Canonical {
    /// Profile A: development, no credential.
    pub async fn start() -> Self {
        Self::with(&[
            "--canonical-require-auth",
            "false",
            "--canonical-environment",
            "dev",
        ])
        .await
    }

    /// With the mount `secret`, a salt, a YAML file, and these settings, over what keeps secrets in this case.
    pub async fn with(settings: &[&str]) -> Self {
        let kept = Keeper::current().settings().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dev_secrets.yaml");
        std::fs::write(&file, FILE).unwrap();
        let path = file.to_str().unwrap();
        let usual = [
            "--canonical-mounts",
            "secret",
            "--canonical-salt",
            "test-salt",
            "--canonical-yaml",
            path,
            "--rate-limit",
            "failures.address=off",
        ];
        let kept = kept.iter().map(String::as_str);
        let all: Vec<&str> = usual.iter().chain(settings).copied().chain(kept).collect();
        Self {
            subject: Subject::start_with("canonical", &all).await,
            folder,
        }
    }

    /// What the YAML file holds.
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    pub async fn send(
        &self,
        method: Method,
        token: Option<&str>,
        path: &str,
        body: Option<String>,
    ) -> Answer {
        let url = format!("{}/api/secrets{path}", self.subject.base);
        let request = self.subject.http.request(method, url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Answer::of(match body {
            Some(body) => request.header("content-type", "application/json").body(body),
            None => request,
        })
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, None, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, None, path, Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, None, path, None).await
    }

    /// The value at a URI whose `#` is written `%23`.
    pub async fn value(&self, uri: &str) -> Answer {
        self.get(&format!("/value?uri={uri}")).await
    }
}

/// A failure of this status and code, in its whole shape.
#[track_caller]
pub fn fails(answer: Answer, status: u16, code: &str) -> Answer {
    let answer = answer.expect(status);
    assert_eq!(answer["code"], code, "{}", answer.text);
    for member in ["error", "message"] {
        assert!(answer[member].is_string(), "{member}: {}", answer.text);
    }
    assert_eq!(answer["correlation_id"], answer.header("x-correlation-id"));
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    answer
}
