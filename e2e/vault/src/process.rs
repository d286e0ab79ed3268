//! The server's process, its folder and its address.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::Stdio,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use coffer_node::tools::{self, Cache};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::{PATIENCE, tls::Tls};

/// Runs the program until it ends or the pipe that this is given does: with the test, however that ends.
const START: &str = "exec 3<&0 </dev/null; \"$@\" 3<&- & server=$!; \
(read -r line <&3; kill -9 $server) & guard=$!; \
wait $server; kill $guard";
/// Where ports are tried from.
const FIRST_PORT: u16 = 20_000;

static NEXT_PORT: AtomicU16 = AtomicU16::new(FIRST_PORT);

/// An address that nobody else takes, also while the server is down: loopback has a block of addresses, and this
/// process uses one of its own. The port after it is the server's too: it listens there for others of its cluster.
pub fn free_address() -> Result<SocketAddr> {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let host = Ipv4Addr::new(127, 64 | (high & 63), middle, low);
    for _ in 0..1000 {
        let port = NEXT_PORT.fetch_add(2, Ordering::Relaxed);
        let free = |port: u16| TcpListener::bind((host, port)).is_ok();
        if free(port) && free(port + 1) {
            return Ok((host, port).into());
        }
    }
    anyhow::bail!("no port of {host} is free")
}

#[derive(Debug)]
pub struct Process {
    /// The shell that runs it; its input is what keeps it running.
    child: Option<Child>,
    folder: TempDir,
}

impl Process {
    /// Its folder, with what it is told; it does not run yet.
    pub fn new(address: SocketAddr, tls: Option<&Tls>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        let mut listener = json!({ "address": address.to_string() });
        match tls {
            None => listener["tls_disable"] = json!(true),
            Some(tls) => {
                fs::write(path("certificate"), &tls.certificate)?;
                fs::write(path("key"), &tls.key)?;
                listener["tls_cert_file"] = json!(path("certificate"));
                listener["tls_key_file"] = json!(path("key"));
            }
        }
        let config = json!({
            "storage": { "file": { "path": path("data") } },
            "listener": { "tcp": listener },
            "api_addr": format!("http://{address}"),
            "disable_mlock": true,
        });
        fs::write(path("config.json"), config.to_string())?;
        Ok(Self { folder, child: None })
    }

    pub fn start(&mut self) -> Result<()> {
        ensure!(self.child.is_none(), "it runs already");
        let program =
            tools::locate(&Cache::of_the_environment()?, "vault").context("`make vault` builds it")?;
        let log = fs::File::create(self.folder.path().join("log"))?;
        let child = Command::new("sh")
            .args(["-c", START, "sh"])
            .arg(program)
            .arg("server")
            .arg(format!(
                "-config={}",
                self.folder.path().join("config.json").display()
            ))
            .env_clear()
            .env("HOME", self.folder.path())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start a shell")?;
        self.child = Some(child);
        Ok(())
    }

    pub fn runs(&mut self) -> Result<bool> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    pub async fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("it does not run")?;
        drop(child.stdin.take());
        timeout(Duration::from_secs(PATIENCE), child.wait())
            .await
            .context("it does not end")??;
        Ok(())
    }

    /// The end of what it said of itself.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("; ")
    }
}
