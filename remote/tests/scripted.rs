//! The provider against a server that answers as it is told: what a real one says seldom, and what is sent to it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use coffer_domain::{
    address::Version,
    canonical_uri::{CanonicalUri, Reading},
    name::OrgName,
    provider::{Actor, Change, Found, Intent, Provider, ProviderFault, Wrote},
    secret_json::SecretJson,
    usecase::Caller,
};
use coffer_remote::{Login, Options, VaultServer, address};
use jiff::Timestamp;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

const TOKEN: &str = "hvs.hunter2-token";

/// What was asked.
#[derive(Debug, Clone)]
struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Value,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// An answer: status, one header, body.
type Told = (u16, (&'static str, String), Value);

fn told(status: u16, body: Value) -> Told {
    (status, ("x-nothing", String::new()), body)
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Told>,
    asked: Vec<Asked>,
}

/// A server of this test.
#[derive(Debug, Clone)]
struct Server {
    url: String,
    script: Arc<Mutex<Script>>,
}

impl Server {
    /// One that gives these answers to requests below `secret/`, and lets everybody log in.
    async fn start(answers: impl IntoIterator<Item = Told>) -> Self {
        let script = Arc::new(Mutex::new(Script {
            answers: answers.into_iter().collect(),
            asked: Vec::new(),
        }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, script }
    }

    fn options(&self) -> Options {
        Options::new(address(&self.url).unwrap(), Login::Token(TOKEN.into()))
    }

    /// What was asked below `secret/`.
    fn asked(&self) -> Vec<Asked> {
        let all = self.script.lock().unwrap().asked.clone();
        all.into_iter()
            .filter(|asked| asked.path.starts_with("/v1/secret/"))
            .collect()
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    let mut script = script.lock().unwrap();
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, (name, value), body) = match path.as_str() {
        "/v1/auth/token/lookup-self" => told(200, json!({ "data": { "ttl": 0, "expire_time": null } })),
        "/v1/sys/internal/ui/mounts/secret" => told(
            200,
            json!({ "data": { "type": "kv", "options": { "version": "2" } } }),
        ),
        path if path.starts_with("/v1/secret/") => script.answers.pop_front().unwrap(),
        _ => told(403, json!({ "errors": ["permission denied"] })),
    };
    script.asked.push(Asked {
        method,
        path,
        headers,
        body: sent,
    });
    (
        StatusCode::from_u16(status).unwrap(),
        [(name, value)],
        body.to_string(),
    )
        .into_response()
}

fn found() -> Value {
    json!({ "data": { "data": { "k": "hunter2-value" }, "metadata": { "version": 1 } } })
}

fn written(version: u64) -> Value {
    json!({ "data": { "version": version, "custom_metadata": { "created_by": "x" } } })
}

fn actor() -> Actor {
    Actor {
        caller: Caller::controller(),
        tenant: OrgName::default_organization(),
        subject: None,
    }
}

fn app() -> CanonicalUri {
    CanonicalUri::parse("openbao+kv2://secret/app", Reading::Strict).unwrap()
}

async fn read(options: &Options) -> Result<Found, ProviderFault> {
    let server = VaultServer::new(options, || Timestamp::UNIX_EPOCH).unwrap();
    server.read(&actor(), &app()).await
}

async fn write(options: &Options, change: &Change) -> Result<Wrote, ProviderFault> {
    let server = VaultServer::new(options, || Timestamp::UNIX_EPOCH).unwrap();
    server.write(&actor(), &app(), change, Intent::Write).await
}

fn whole() -> Change {
    Change::Replace(SecretJson::new(json!({ "k": "hunter2-value" })))
}

#[tokio::test]
async fn a_namespace_and_a_token_go_with_every_request() {
    let server = Server::start([told(200, found())]).await;
    let options = Options {
        namespace: Some("team/a".to_owned()),
        ..server.options()
    };
    read(&options).await.unwrap();
    let all = server.script.lock().unwrap().asked.clone();
    assert_eq!(all.len(), 3, "the token, the engine, the key");
    for asked in all {
        let sent = ["x-vault-namespace", "x-vault-token", "x-vault-request"].map(|name| asked.header(name));
        assert_eq!(sent, ["team/a", TOKEN, "true"], "{}", asked.path);
    }
    let bad = Options {
        namespace: Some("a\nb".to_owned()),
        ..server.options()
    };
    assert!(VaultServer::new(&bad, || Timestamp::UNIX_EPOCH).is_err());
}

#[tokio::test]
async fn a_standby_is_followed_once_and_to_its_own_host_only() {
    let leader = Server::start([told(200, found()), told(200, written(1))]).await;
    let to = |url: &str| {
        (
            307,
            ("location", format!("{url}/v1/secret/data/app")),
            Value::Null,
        )
    };
    let standby = Server::start([to(&leader.url), to(&leader.url)]).await;
    read(&standby.options()).await.unwrap();
    write(&standby.options(), &whole()).await.unwrap();
    let asked = leader.asked();
    assert_eq!(
        (&asked[1].method, asked[1].header("x-vault-token")),
        (&Method::POST, TOKEN)
    );
    assert_eq!(asked[1].body["data"]["k"], "hunter2-value");
    let stranger = leader.url.replace("127.0.0.1", "localhost");
    let misled = Server::start((0..3).map(|_| to(&stranger))).await;
    assert!(matches!(
        read(&misled.options()).await,
        Err(ProviderFault::Broken)
    ));
    let round = Server::start([]).await;
    let circle = (0..6).map(|_| to(&round.url));
    round.script.lock().unwrap().answers.extend(circle);
    assert!(matches!(read(&round.options()).await, Err(ProviderFault::Broken)));
    assert_eq!(round.asked().len(), 6, "three attempts, each followed once");
    assert_eq!(leader.asked().len(), 2);
}

#[tokio::test]
async fn what_may_be_sent_twice_is_and_nothing_else() {
    let broken = || told(500, json!({ "errors": ["hunter2-value"] }));
    let server = Server::start([broken(), told(412, Value::Null), told(200, found())]).await;
    read(&server.options()).await.unwrap();
    let once = Server::start([broken()]).await;
    assert!(matches!(
        write(&once.options(), &whole()).await,
        Err(ProviderFault::Broken)
    ));
    assert_eq!(once.asked().len(), 1);
    let checked = Server::start([told(200, found()), broken(), told(200, written(2))]).await;
    let change = Change::Set("more".to_owned(), SecretJson::new(json!(1)));
    let wrote = write(&checked.options(), &change).await.unwrap();
    assert_eq!(wrote.new.map(Version::get), Some(2));
    let sealed = || told(503, json!({ "errors": ["Vault is sealed"] }));
    let unsealed = Server::start([sealed(), told(200, written(1))]).await;
    write(&unsealed.options(), &whole()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_wants_fewer_requests_is_heard_once() {
    let limited = |wait: &str| (429, ("retry-after", wait.to_owned()), Value::Null);
    let server = Server::start([limited("0"), told(200, found())]).await;
    read(&server.options()).await.unwrap();
    let server = Server::start([limited("0"), limited("7")]).await;
    let refused = read(&server.options()).await;
    assert!(
        matches!(refused, Err(ProviderFault::Limited(Some(7)))),
        "{refused:?}"
    );
}

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_token_and_no_value_is_logged_whatever_the_level() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let leak = json!({ "errors": ["hunter2-value hvs.hunter2-token"] });
    let server = Server::start([
        told(200, found()),
        told(200, written(1)),
        told(500, leak.clone()),
        told(403, leak),
        told(200, json!("hunter2-value")),
    ])
    .await;
    read(&server.options()).await.unwrap();
    write(&server.options(), &whole()).await.unwrap();
    write(&server.options(), &whole()).await.unwrap_err();
    read(&server.options()).await.unwrap_err();
    read(&server.options()).await.unwrap_err();
    let role = Login::AppRole {
        mount: "approle".to_owned(),
        role: "coffer".to_owned(),
        secret: "hunter2-secret-id".into(),
    };
    let refused = read(&Options::new(address(&server.url).unwrap(), role)).await;
    assert!(matches!(refused, Err(ProviderFault::Refuses)), "{refused:?}");
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("does not let this one log in"), "{text}");
    let leaked: Vec<&str> = text.lines().filter(|line| line.contains("hunter2")).collect();
    assert!(leaked.is_empty(), "{leaked:#?}");
}
