//! An injector under measurement, ready.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::{Context, Result};
use serde_json::json;

use super::cluster::{Cluster, NAMESPACE};
use crate::{local::Bench, program::Program, trace};

/// A running one.
pub struct Injector {
    program: Program,
    cluster: Arc<Cluster>,
    address: SocketAddr,
}

impl Injector {
    /// Starts one against a cluster of its own, and waits until it is ready.
    pub fn start(bench: &Bench) -> Result<Self> {
        Self::run(bench, Command::new(bench.program("coffer-injector")), "injector")
    }

    /// The same, its calls written to `output`.
    pub fn start_traced(bench: &Bench, calls: &[&str], output: &Path) -> Result<Self> {
        let program = bench.program("coffer-injector");
        Self::run(bench, trace::traced(&program, calls, output), "injector-traced")
    }

    fn run(bench: &Bench, mut command: Command, name: &str) -> Result<Self> {
        let folder = bench.scratch().join(name);
        fs::create_dir(&folder)?;
        let (cluster, api) = Cluster::start(&bench.runtime)?;
        let (address, health) = (free_port()?, free_port()?);
        command
            .env("KUBECONFIG", kubeconfig(&folder, api)?)
            .args(["--listen", &address.to_string()])
            .args(["--health-listen", &health.to_string()])
            .args(["--namespace", NAMESPACE, "--drain-seconds", "0"])
            .args(["--server", "https://coffer.coffer-system.svc:8443"])
            .args(["--agent-image", "localhost/coffer:dev"])
            .arg("--trust-file")
            .arg(trust(&folder)?);
        let mut program = Program::start(&mut command, folder.join("log"))?;
        program.until(
            "the injector is ready",
            |_| Ok(ready(bench, health).then_some(())),
        )?;
        Ok(Self {
            program,
            cluster,
            address,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where reviews go.
    pub fn url(&self) -> String {
        format!("https://{}/mutate", self.address)
    }

    /// Requests that the cluster has had from it.
    pub fn calls_received(&self) -> u64 {
        self.cluster.requests()
    }

    /// The authority of its certificate, as the API server is told: PEM in base64.
    pub fn authority(&self) -> Result<String> {
        self.cluster
            .authority()
            .context("the injector has set no caBundle")
    }
}

fn ready(bench: &Bench, health: SocketAddr) -> bool {
    let asked = bench
        .runtime
        .block_on(async { reqwest::get(format!("http://{health}/readyz")).await });
    asked.is_ok_and(|answer| answer.status().is_success())
}

/// A port that was free a moment ago: the program says nowhere which one it took.
fn free_port() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen on loopback")?;
    Ok(listener.local_addr()?)
}

fn kubeconfig(folder: &Path, api: SocketAddr) -> Result<PathBuf> {
    let path = folder.join("kubeconfig");
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": format!("http://{api}")}}],
        "users": [{"name": "bench", "user": {}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
    });
    fs::write(&path, config.to_string())?;
    Ok(path)
}

/// A certificate for the agents to trust.
fn trust(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("trust.pem");
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    fs::write(&path, certified.cert.pem())?;
    Ok(path)
}
