//! A store with secrets in it, and keys that may read and write them and nothing else.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::{
    Bench,
    server::{PLAIN, Server},
};

const ORGANIZATION: &str = "/coffer/v1/organizations/bench";
/// Where the secrets are.
pub const PREFIX: &str = "/coffer/v1/organizations/bench/vaults/default/environments/default/secrets";
/// How many are written at once.
const WRITERS: usize = 64;

/// What was made.
pub struct Seeded {
    /// The data directory; no server runs on it.
    pub data: PathBuf,
    /// An administrator's token.
    pub admin: String,
    /// A token that may read `secret-*`.
    pub reader: String,
    /// A token that may write `secret-*`.
    pub writer: String,
    /// Bytes in the answer to a read.
    pub body_bytes: usize,
}

/// Bootstraps a store and fills it through the API.
pub fn seed(bench: &Bench) -> Result<Seeded> {
    let count = bench.settings.secrets;
    eprintln!("   a store with {count} secrets");
    let data = bench.scratch().join("seeded");
    let admin = bootstrap(bench, &data)?;
    let server = Server::start(bench, &data, PLAIN)?;
    let door = Door::of(&server);
    bench.runtime.block_on(async {
        let writer = door.key(&admin, "secrets:write").await?;
        let reader = door.key(&admin, "secrets:read").await?;
        door.fill(&writer, "secret-", count).await?;
        let path = format!("{PREFIX}/secret-00000");
        let body_bytes = door.send(Method::GET, &path, &reader, None).await?.len();
        Ok(Seeded {
            data: data.clone(),
            admin,
            reader,
            writer,
            body_bytes,
        })
    })
}

/// Makes a store; an administrator's token.
pub fn bootstrap(bench: &Bench, data: &Path) -> Result<String> {
    let output = Command::new(bench.program("coffer"))
        .args(["bootstrap", "--organization", "bench", "--data"])
        .arg(data)
        .output()
        .context("cannot run coffer")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "coffer bootstrap: {said}");
    let made: Value = serde_json::from_slice(&output.stdout).context("read what coffer bootstrap prints")?;
    token(&made)
}

fn token(made: &Value) -> Result<String> {
    Ok(made["token"]
        .as_str()
        .context("no token in the answer")?
        .to_owned())
}

/// A server's API, for what is prepared through it.
pub struct Door {
    client: Client,
    base: String,
}

impl Door {
    /// Of this server.
    pub fn of(server: &Server) -> Self {
        Self {
            client: Client::new(),
            base: server.url.clone(),
        }
    }

    /// The body of the answer, which must be one of success.
    pub async fn send(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Result<String> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.base))
            .bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{method} {path}: {status}");
        Ok(text)
    }

    /// A key for this permission on the secrets of the benchmark.
    async fn key(&self, admin: &str, permission: &str) -> Result<String> {
        let grant = json!({"permissions": [permission], "vault": "default", "names": ["secret-*"]});
        let body = json!({"name": permission, "grants": [grant]});
        let path = format!("{ORGANIZATION}/api-keys");
        let made = self.send(Method::POST, &path, admin, Some(body)).await?;
        token(&serde_json::from_str(&made)?)
    }

    /// Writes so many secrets, whose names begin with `stem`.
    pub async fn fill(&self, writer: &str, stem: &str, count: u32) -> Result<()> {
        let puts = stream::iter(0..count).map(|n| async move {
            let value = format!("{n:064}");
            let path = format!("{PREFIX}/{stem}{n:05}");
            self.send(Method::PUT, &path, writer, Some(json!({ "value": value })))
                .await
        });
        puts.buffer_unordered(WRITERS)
            .try_for_each(|_| async { Ok(()) })
            .await
    }
}
