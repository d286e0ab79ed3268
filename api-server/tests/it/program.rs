//! The program itself: what it refuses, what it says, how it ends.

use std::{
    path::Path,
    process::{Output, Stdio},
    sync::Arc,
};

use coffer_api_server::{Limits, bootstrap::bootstrap, config::DataDir};
use coffer_domain::{name::OrgName, usecase::Coffer};
use coffer_store::{StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs, kek::FileKek};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use crate::support::client;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coffer-api-server"));
    command.args(arguments);
    quiet(command)
}

fn quiet(mut command: Command) -> Command {
    command
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = program(arguments).output().await.unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
}

/// A prepared data directory; the JSON that bootstrap prints.
async fn prepare(path: &Path) -> Value {
    let data = DataDir(path.to_owned());
    let entropy = Arc::new(SystemEntropy::checked().unwrap());
    let kek = if data.kek().exists() {
        FileKek::open(&data.kek(), Arc::clone(&entropy) as _).unwrap()
    } else {
        FileKek::create(&data.kek(), Arc::clone(&entropy) as _).unwrap()
    };
    let options = StoreOptions::new(data.store(), Arc::new(kek)).unwrap();
    let store = coffer_store::open(options).await.unwrap();
    let coffer = Coffer::new(store, Arc::new(SystemClock), entropy, Arc::new(SystemKeyPairs));
    let made = bootstrap(&coffer, &OrgName::new("default").unwrap())
        .await
        .unwrap();
    serde_json::from_str(&made.json("http://127.0.0.1:1").unwrap()).unwrap()
}

struct Running {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    base: String,
}

impl Running {
    /// Starts it on a free port and waits until it says which.
    async fn start(arguments: &[&str]) -> Self {
        Self::of(program(arguments)).await
    }

    async fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        loop {
            let line = log.next_line().await.unwrap().expect("it has ended");
            let line: Value = serde_json::from_str(&line).unwrap();
            if let Some(base) = line["base_url"].as_str() {
                let base = base.to_owned();
                return Self { child, log, base };
            }
        }
    }

    async fn terminate(mut self) -> (bool, String) {
        let pid = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let mut rest = String::new();
        while let Some(line) = self.log.next_line().await.unwrap() {
            rest.push_str(&line);
        }
        (self.child.wait().await.unwrap().success(), rest)
    }
}

#[tokio::test]
async fn it_refuses_what_it_cannot_serve_and_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let unprepared = refused(&["--data", data, "--insecure-http", "--listen", "127.0.0.1:0"]).await;
    assert!(
        unprepared.contains(&format!("coffer bootstrap --data {data}")),
        "{unprepared}"
    );
    let open = refused(&["--data", data, "--insecure-http", "--listen", "0.0.0.0:0"]).await;
    assert!(open.contains("loopback") && open.contains("--tls-dir"), "{open}");
    assert!(refused(&["--data", data]).await.contains("--insecure-http"));
    assert_eq!(
        std::fs::read_dir(directory.path()).unwrap().count(),
        0,
        "nothing was made"
    );
}

#[tokio::test]
async fn it_serves_what_bootstrap_prepared_until_it_is_told_to_end() {
    let directory = tempfile::tempdir().unwrap();
    let first = prepare(directory.path()).await;
    let second = prepare(directory.path()).await;
    assert_ne!(first["token"], second["token"]);
    assert_eq!(first["organization"], second["organization"]);
    let data = directory.path().to_str().unwrap();
    let running = Running::start(&["--data", data, "--insecure-http", "--listen", "127.0.0.1:0"]).await;
    let path = "/coffer/v1/organizations/default/vaults/default/environments/default/secrets/A";
    let url = format!("{}{path}", running.base);
    let http = client::plain();
    for (token, status) in [(&first["token"], 201), (&second["token"], 200)] {
        let put = http
            .put(&url)
            .bearer_auth(token.as_str().unwrap())
            .body(r#"{"value":"v"}"#);
        assert_eq!(put.send().await.unwrap().status(), status);
    }
    let audit = format!("{}/coffer/v1/organizations/default/audit", running.base);
    let audit = http
        .get(audit)
        .bearer_auth(first["token"].as_str().unwrap())
        .send();
    let audit: Value = audit.await.unwrap().json().await.unwrap();
    let first = &audit["items"][0]["event"];
    assert_eq!(
        (&first["action"], &first["door"]),
        (&"organization.create".into(), &"cli".into())
    );
    let (good, log) = running.terminate().await;
    assert!(good, "{log}");
    assert!(log.contains("ending"), "{log}");
}

#[tokio::test]
async fn it_serves_tls_and_metrics_apart() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path()).await;
    let (data, tls) = (directory.path().to_str().unwrap(), directory.path().join("tls"));
    let arguments = [
        "--data",
        data,
        "--tls-dir",
        tls.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--metrics-listen",
        "127.0.0.1:0",
    ];
    let mut child = program(&arguments).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let (mut main, mut metrics) = (None, None);
    while main.is_none() || metrics.is_none() {
        let line: Value = serde_json::from_str(&log.next_line().await.unwrap().unwrap()).unwrap();
        main = line["base_url"].as_str().map(str::to_owned).or(main);
        metrics = line["address"].as_str().map(str::to_owned).or(metrics);
    }
    client::plain();
    let authority = reqwest::Certificate::from_pem(&std::fs::read(tls.join("ca.crt")).unwrap()).unwrap();
    let http = reqwest::Client::builder()
        .tls_certs_only([authority])
        .build()
        .unwrap();
    let main = main.unwrap();
    assert!(main.starts_with("https://"));
    let status = async |url: String| http.get(url).send().await.unwrap().status().as_u16();
    assert_eq!(status(format!("{main}/readyz")).await, 200);
    assert_eq!(status(format!("{main}/metrics")).await, 404);
    let metrics = format!("http://{}", metrics.unwrap());
    let text = http
        .get(format!("{metrics}/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        text.contains("coffer_store_commits_total 0") && text.contains("coffer_http_request_seconds"),
        "{text}"
    );
    assert_eq!(status(format!("{metrics}/readyz")).await, 200);
    assert_eq!(status(format!("{metrics}/coffer/v1/whoami")).await, 404);
    child.kill().await.unwrap();
}

#[tokio::test]
async fn a_second_one_on_the_same_data_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path()).await;
    let data = directory.path().to_str().unwrap();
    let arguments = ["--data", data, "--insecure-http", "--listen", "127.0.0.1:0"];
    let running = Running::start(&arguments).await;
    let told = refused(&arguments).await;
    assert!(
        told.contains("cannot serve") && told.contains("open the store"),
        "{told}"
    );
    running.terminate().await;
}

/// Since containerd 2 programs begin with a limit of 1,024, which they may raise.
#[tokio::test]
async fn it_asks_for_the_open_files_that_its_connections_need() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path()).await;
    let data = directory.path().to_str().unwrap();
    let mut limited = Command::new("/bin/sh");
    limited
        .args(["-c", "ulimit -S -n 128 && exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_coffer-api-server"))
        .args(["--data", data, "--insecure-http", "--listen", "127.0.0.1:0"]);
    let running = Running::of(quiet(limited)).await;
    // It answers once it serves, which it does with the limit that it needs.
    let answer = client::plain().get(format!("{}/healthz", running.base)).send();
    assert_eq!(answer.await.unwrap().status(), 200);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.child.id().unwrap())).unwrap();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let allowed: Vec<u64> = line
        .unwrap()
        .split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    let connections = Limits::default().connections as u64;
    assert!(allowed[0] > connections || allowed[0] == allowed[1], "{limits}");
    let (good, log) = running.terminate().await;
    assert!(good, "{log}");
}
