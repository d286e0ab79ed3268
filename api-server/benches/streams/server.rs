//! The real server, as a process over a store with the one secret that the pods watch.

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
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::stream::{Cluster, ISSUER};

const BASE: &str = "/coffer/v1/organizations/default/vaults/default/environments/default/secrets";

/// The server with its data.
pub struct Server {
    pub address: SocketAddr,
    /// Whose pods it lets in.
    pub cluster: Cluster,
    token: String,
    child: Child,
    _data: TempDir,
}

impl Server {
    /// Over a new store.
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let token = prepare(&DataDir(directory.path().to_owned())).await;
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
            child,
            _data: directory,
        }
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

    /// Resident memory, in MB.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().split(' ').next().unwrap().parse::<f64>().unwrap() / 1024.0
    }

    pub async fn end(&mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Makes a store; an administrator's token.
async fn prepare(data: &DataDir) -> String {
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
    let address = place.secret(SecretName::new("S1").unwrap());
    let value = SecretValue::from("postgres://app:correct-horse@db/app");
    coffer
        .put_secret(&Caller::controller(), &address, value, PutOptions::default())
        .await
        .unwrap();
    String::from_utf8(made.token.reveal().to_vec()).unwrap()
}
