//! The server under test: one that is running, or the program, started here.

use std::{path::Path, process::Stdio, sync::Arc};

use coffer_api_server::{bootstrap::bootstrap, config::DataDir, dialects};
use coffer_domain::{name::OrgName, usecase::Coffer};
use coffer_store::{StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs, kek::FileKek};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::{Mutex, MutexGuard},
};

/// Against one shared server, cases go one after another.
static ONE_BY_ONE: Mutex<()> = Mutex::const_new(());

/// The program, if it was started here.
struct Own {
    _child: Child,
    _data: TempDir,
}

pub struct Subject {
    /// The dialect's base address.
    pub base: String,
    /// An administrator's token.
    pub token: String,
    pub http: reqwest::Client,
    own: Option<Own>,
    _turn: Option<MutexGuard<'static, ()>>,
}

impl Subject {
    /// The server that the environment names, or one with an empty store.
    pub async fn of(dialect: &str) -> Self {
        let rate = format!("{dialect}.default=1000000/1m");
        Self::with(dialect, &["--rate-limit", &rate]).await
    }

    /// The same, where the program started here has these settings.
    pub async fn with(dialect: &str, settings: &[&str]) -> Self {
        let named = |name: &str| {
            std::env::vars()
                .find(|(found, _)| found == name)
                .map(|(_, value)| value)
        };
        match (named("COFFER_ACCEPTANCE_URL"), named("COFFER_ACCEPTANCE_TOKEN")) {
            (Some(base), Some(token)) => Self {
                base: base.trim_end_matches('/').to_owned(),
                token,
                http: client(),
                own: None,
                _turn: Some(ONE_BY_ONE.lock().await),
            },
            (None, None) => Self::start_with(dialect, settings).await,
            _ => panic!("name both COFFER_ACCEPTANCE_URL and COFFER_ACCEPTANCE_TOKEN, or neither"),
        }
    }

    /// The program with an empty store and this rate limit.
    pub async fn start(dialect: &str, rate: &str) -> Self {
        Self::start_with(dialect, &["--rate-limit", rate]).await
    }

    /// The program with an empty store and these settings.
    pub async fn start_with(dialect: &str, settings: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().to_str().unwrap();
        let told = prepare(data.path(), dialect).await;
        let mut child = Command::new(env!("CARGO_BIN_EXE_coffer-api-server"))
            .args(["--data", path, "--listen", "127.0.0.1:0"])
            .args((!settings.contains(&"--tls-dir")).then_some("--insecure-http"))
            .args(["--webhook-allow", "127.0.0.0/8"])
            .args(settings)
            .env_clear()
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let server = loop {
            let Some(line) = log.next_line().await.unwrap() else {
                panic!("it has ended: {said:?}");
            };
            said.push(line.clone());
            let line: Value = serde_json::from_str(&line).unwrap();
            if let Some(base) = line["base_url"].as_str() {
                break base.to_owned();
            }
        };
        // Whatever it says later must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        let base = told["base_url"].as_str().unwrap();
        Self {
            base: base.replace("http://server", &server),
            token: told["token"].as_str().unwrap().to_owned(),
            http: client(),
            own: Some(Own {
                _child: child,
                _data: data,
            }),
            _turn: None,
        }
    }

    /// Whether nobody else uses it.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }
}

fn client() -> reqwest::Client {
    coffer_api_server::provide_crypto();
    reqwest::Client::builder().build().unwrap()
}

/// What `coffer bootstrap --dialect` does and prints.
async fn prepare(path: &Path, dialect: &str) -> Value {
    let data = DataDir(path.to_owned());
    let entropy = Arc::new(SystemEntropy::checked().unwrap());
    let kek = FileKek::create(&data.kek(), Arc::clone(&entropy) as _).unwrap();
    let options = StoreOptions::new(data.store(), Arc::new(kek)).unwrap();
    let store = coffer_store::open(options).await.unwrap();
    let coffer = Coffer::new(store, Arc::new(SystemClock), entropy, Arc::new(SystemKeyPairs));
    let made = bootstrap(&coffer, &OrgName::new("default").unwrap())
        .await
        .unwrap();
    let dialect = dialects().into_iter().find(|it| it.name == dialect).unwrap();
    serde_json::from_str(&made.json_for(dialect, "http://server").unwrap()).unwrap()
}
