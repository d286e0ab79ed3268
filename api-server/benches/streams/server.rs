//! The real server, as a process.

use std::{net::SocketAddr, process::Stdio};

use coffer_api_server::config::DataDir;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    cluster::{Cluster, ISSUER},
    store::{NAME, PLACE, prepare},
};

/// Where its authority is, in its folder.
const TLS: &str = "tls";

/// The server with its data.
pub struct Server {
    pub address: SocketAddr,
    /// Whose pods it lets in.
    pub cluster: Cluster,
    token: String,
    client: reqwest::Client,
    /// The certificate of its authority, as PEM.
    pub authority: Vec<u8>,
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
            .args(["--listen", "127.0.0.1:0", "--tls-dir"])
            .arg(directory.path().join(TLS))
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = log.next_line().await.unwrap().expect("the server to start");
            if let Some((_, rest)) = line.split_once("https://") {
                break rest.split('"').next().unwrap().parse().unwrap();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        let authority = std::fs::read(directory.path().join(TLS).join("ca.crt")).unwrap();
        let trusted = reqwest::Certificate::from_pem(&authority).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([trusted]);
        Self {
            address,
            cluster,
            token,
            client: client.build().unwrap(),
            authority,
            child,
            _data: directory,
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Has the secret that the pods watch made anew.
    pub async fn rotate(&self) {
        let [organization, vault, environment] = PLACE;
        let url = format!(
            "https://{}/coffer/v1/organizations/{organization}/vaults/{vault}/environments/{environment}/secrets/{NAME}:rotate",
            self.address
        );
        let request = self.client.post(url).bearer_auth(&self.token);
        assert!(request.send().await.unwrap().status().is_success());
    }

    /// Ends it.
    pub async fn end(&mut self) {
        self.child.kill().await.unwrap();
    }
}
