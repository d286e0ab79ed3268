//! Values and tokens appear in the answers that are meant to carry them and nowhere else: not in a log line at
//! the lowest level, not in an error, an audit record, a metric or a file.

use std::{
    io::Write,
    sync::{Arc, OnceLock},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use parking_lot::Mutex;
use reqwest::Method;
use serde_json::json;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::support::{Choices, Reply, TestServer, body, cluster::Cluster, now, secret};

const CANARY: &str = "CANARY-7f3a9c51e8";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that this test program logs, at the lowest level, from every crate.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish()
            .with(coffer_api_server::logs::discreet())
            .init();
        log
    })
}

fn forms(text: &str) -> Vec<String> {
    vec![
        text.to_owned(),
        BASE64_STANDARD.encode(text)[..text.len()].to_owned(),
        hex::encode(text),
        text.chars().rev().collect(),
    ]
}

/// What a run leaves behind, by where it is.
struct Traces(Vec<(String, String)>);

impl Traces {
    async fn of(server: &TestServer, errors: String) -> Self {
        let url = format!("http://{}/metrics", server.address);
        let metrics = Reply::of(server.http.get(url).send().await.unwrap()).await;
        let audit = server
            .get("/organizations/acme/audit?limit=1000")
            .await
            .expect(200);
        let mut all = vec![
            ("an error".to_owned(), errors),
            ("a metric".to_owned(), metrics.text),
            ("the audit log".to_owned(), audit.text),
            (
                "the log".to_owned(),
                String::from_utf8_lossy(&log().0.lock()).into_owned(),
            ),
        ];
        for file in std::fs::read_dir(server.data.path().join("store")).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            all.push((
                path.display().to_string(),
                String::from_utf8_lossy(&bytes).into_owned(),
            ));
        }
        Self(all)
    }

    fn assert_free_of(&self, needles: &[String]) {
        for (place, text) in &self.0 {
            for needle in needles {
                assert!(!text.contains(needle.as_str()), "{needle} in {place}");
            }
        }
    }
}

/// Requests that are refused, each with something in it that must not come back.
async fn refusals(server: &TestServer, key: &str, token: &str) -> String {
    let mut errors = String::new();
    for reply in [
        server.put(&secret("V"), &json!({"valeu": CANARY})).await,
        server.put(&secret("V"), &json!(CANARY)).await,
        server.put(&secret("V"), &body(&CANARY.repeat(5000))).await,
        server.get_as(key, &secret("missing")).await,
        server
            .send(Method::PUT, key, &secret("V"), Some(&body(CANARY)))
            .await,
        server.get_as(token, &secret("V")).await,
        server.get_as(&format!("{token}x"), &secret("V")).await,
        server.post(&secret("V:rotate"), &json!({})).await,
    ] {
        assert!(reply.status >= 400);
        errors.push_str(&reply.text);
    }
    errors
}

/// A value read through the Model Context Protocol, whose library logs whole messages.
async fn by_an_agent(server: &TestServer) {
    let post = async |path: &str, body: serde_json::Value| {
        let url = format!("http://{}{path}", server.address);
        let request = server.http.post(url).bearer_auth(&server.admin);
        let request = request.header("accept", "application/json, text/event-stream");
        Reply::of(request.json(&body).send().await.unwrap()).await
    };
    let secret = json!({"name": "AGENTS", "value": CANARY, "tags": ["free"]});
    post("/v-secure/v1/security/secrets", secret).await.expect(201);
    let resource = json!({
        "uri": "vsecure://secrets/free/*", "name": "f", "permissions": ["read"], "requiresApproval": false,
    });
    post("/v-secure/v1/security/mcp/resources", resource)
        .await
        .expect(201);
    let arguments = json!({"resource": "vsecure://secrets/free/AGENTS"});
    let read = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "read_secret", "arguments": arguments},
    });
    let answer = post("/mcp", read).await.expect(200);
    assert!(answer.text.contains(CANARY), "{}", answer.text);
}

#[tokio::test]
async fn nothing_leaks() {
    log();
    let cluster = Cluster::new();
    let choices = Choices {
        identity: Some(cluster.identity()),
        access_log: true,
        ..Choices::default()
    };
    let server = TestServer::with(choices).await;
    let token = cluster.token("web", now());
    let key = server.key(&["secrets:read"]).await;

    server.put(&secret("V"), &body(CANARY)).await.expect(201);
    server
        .put(
            &secret("W"),
            &json!({"valueBase64": BASE64_STANDARD.encode(CANARY)}),
        )
        .await
        .expect(201);
    assert_eq!(
        server.get_as(&key, &secret("V")).await.expect(200)["value"],
        CANARY
    );
    by_an_agent(&server).await;
    let errors = refusals(&server, &key, &token).await;

    let signature = token.rsplit('.').next().unwrap().to_owned();
    let traces = Traces::of(&server, errors).await;
    traces.assert_free_of(&forms(CANARY));
    traces.assert_free_of(&[key, server.admin.clone(), token, signature]);
    let lines = &traces.0[3].1;
    assert!(
        lines.contains("\"route\":\"/coffer/v1/organizations/{org}/vaults"),
        "the log was looked at"
    );
    assert!(
        !lines.contains("secrets/missing"),
        "the path's template stands for the path"
    );
}

#[tokio::test]
async fn a_log_line_is_one_line_whatever_a_client_sends() {
    let log = log();
    let server = TestServer::with(Choices {
        access_log: true,
        ..Choices::default()
    })
    .await;
    for target in [
        "/%0d%0a%1b[31m",
        "/coffer/v1/organizations/%0aacme/vaults?x=%0a{}",
    ] {
        server.raw_target("GET", target).await;
    }
    let label = json!({"name": "\u{1b}[31m red", "grants": [{"permissions": ["secrets:read"]}]});
    server
        .post("/organizations/acme/api-keys", &label)
        .await
        .expect(400);
    let lines = String::from_utf8_lossy(&log.0.lock()).into_owned();
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|_| panic!("{line:?}"));
    }
    assert!(!lines.contains('\u{1b}'));
}
