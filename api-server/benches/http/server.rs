//! The real server, as a process over a prepared store.

use std::{net::SocketAddr, process::Stdio, sync::Arc};

use coffer_api_server::{bootstrap::bootstrap, config::DataDir};
use coffer_domain::{
    address::Place,
    name::{EnvName, OrgName, SecretName, VaultName},
    pattern::Pattern,
    rights::Access,
    secret_value::SecretValue,
    usecase::{Caller, Coffer, secrets::PutOptions, vaults::VaultSettings},
};
use coffer_store::{StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs, kek::FileKek};
use futures::future::join_all;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::streams::{Cluster, ISSUER};

const BASE: &str = "/coffer/v1/organizations/default/vaults/default/environments/default/secrets";

/// The server with its data.
pub struct Server {
    pub address: SocketAddr,
    /// Whose pods it lets in.
    pub cluster: Cluster,
    token: String,
    secrets: usize,
    child: Child,
    _data: TempDir,
}

impl Server {
    /// Over a store with so many secrets.
    pub async fn start(secrets: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let token = prepare(&DataDir(directory.path().to_owned()), secrets).await;
        let mut command = Command::new(env!("CARGO_BIN_EXE_coffer-api-server"));
        command.arg("--data").arg(directory.path());
        let jwks = directory.path().join("jwks.json");
        let cluster = Cluster::publish(&jwks);
        command
            .args(["--workload-issuer", ISSUER, "--workload-jwks-file"])
            .arg(&jwks);
        command
            .args(["--insecure-http", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = log.next_line().await.unwrap().expect("the server to start");
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split('"').next().unwrap().parse().unwrap();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Self {
            address,
            cluster,
            token,
            secrets,
            child,
            _data: directory,
        }
    }

    /// The body of one answer.
    pub async fn sample(&self) -> String {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let url = format!("http://{}{BASE}/S1", self.address);
        let request = reqwest::Client::new().get(url).bearer_auth(&self.token);
        request.send().await.unwrap().text().await.unwrap()
    }

    /// Writes a new version of the secret that the pods watch.
    pub async fn change(&self) {
        let url = format!("http://{}{BASE}/S1", self.address);
        let request = reqwest::Client::new()
            .put(url)
            .bearer_auth(&self.token)
            .body(r#"{"value":"new"}"#);
        assert!(request.send().await.unwrap().status().is_success());
    }

    pub fn read(&self, number: usize) -> Vec<u8> {
        let name = (number * 7919) % self.secrets;
        let Self { address, token, .. } = self;
        format!("GET {BASE}/S{name} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n")
            .into_bytes()
    }

    /// Each connection writes secrets of its own.
    pub fn write(&self, connection: usize, number: usize) -> Vec<u8> {
        let body = r#"{"value":"postgres://app:correct-horse@db/app"}"#;
        let name = (connection * 100 + number % 100) % self.secrets;
        let Self { address, token, .. } = self;
        let length = body.len();
        format!("PUT {BASE}/S{name} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\n\r\n{body}")
            .into_bytes()
    }

    /// Resident memory, in MB.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().split(' ').next().unwrap().parse::<f64>().unwrap() / 1024.0
    }

    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub async fn end(&mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Fills a store; an administrator's token.
async fn prepare(data: &DataDir, secrets: usize) -> String {
    let entropy = Arc::new(SystemEntropy::checked().unwrap());
    let kek = FileKek::create(&data.kek(), Arc::clone(&entropy) as _).unwrap();
    let store = coffer_store::open(StoreOptions::new(data.store(), Arc::new(kek)).unwrap())
        .await
        .unwrap();
    let coffer = Coffer::new(store, Arc::new(SystemClock), entropy, Arc::new(SystemKeyPairs));
    let made = bootstrap(&coffer, &OrgName::new("default").unwrap())
        .await
        .unwrap();
    let place = Place {
        organization: made.organization.clone(),
        vault: VaultName::new("default").unwrap(),
        environment: EnvName::new("default").unwrap(),
    };
    let all = || vec![Pattern::any()];
    let access = Access {
        service_accounts: all(),
        namespaces: all(),
        environments: all(),
        names: all(),
    };
    let settings = VaultSettings {
        environments: vec![place.environment.clone()],
        access: vec![access],
        owner: None,
    };
    coffer
        .apply_vault(&Caller::controller(), &place.organization, &place.vault, settings)
        .await
        .unwrap();
    let names: Vec<usize> = (0..secrets).collect();
    for some in names.chunks(500) {
        join_all(some.iter().map(|at| put(&coffer, &place, *at))).await;
    }
    String::from_utf8(made.token.reveal().to_vec()).unwrap()
}

async fn put(coffer: &Coffer, place: &Place, at: usize) {
    let address = place.secret(SecretName::new(format!("S{at}")).unwrap());
    let value = SecretValue::from("postgres://app:correct-horse@db/app");
    coffer
        .put_secret(&Caller::controller(), &address, value, PutOptions::default())
        .await
        .unwrap();
}
