//! Many agents: the program that ships, once for each pod, each with a token and volumes of its own.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempDir;

use super::{Cluster, ORGANIZATION, SECRET};
use crate::{cost, stats::number};

/// Where pods' volumes are in memory, as an injected pod's are.
const MEMORY: &str = "/dev/shm";

/// The agents that run; they end with it.
pub struct Crowd {
    children: Vec<Child>,
    /// Removed when they have ended.
    volumes: TempDir,
}

/// Where agents find their server, and whom they trust.
pub struct Target<'a> {
    /// `https://HOST:PORT`
    pub url: &'a str,
    /// Certificates, PEM.
    pub trust: &'a str,
}

impl Crowd {
    /// Starts so many; none has to have come to anything yet.
    pub fn start(program: &Path, count: u32, target: &Target<'_>, cluster: &Cluster) -> Result<Self> {
        let folder = if Path::new(MEMORY).is_dir() {
            Path::new(MEMORY).to_owned()
        } else {
            std::env::temp_dir()
        };
        let volumes = TempDir::with_prefix_in("coffer-bench-", folder).context("make the pods' volumes")?;
        let mut crowd = Self {
            children: Vec::new(),
            volumes,
        };
        for pod in 0..count {
            let volume = crowd.volumes.path().join(pod.to_string());
            let child = start(program, &volume, target, &cluster.token(pod)?);
            crowd
                .children
                .push(child.with_context(|| format!("start agent {pod}"))?);
        }
        Ok(crowd)
    }

    /// Megabytes that one of them holds on average of its own, and with the program's pages.
    pub fn resident(&self) -> Result<(f64, f64)> {
        let (mut own, mut all) = (0.0, 0.0);
        for child in &self.children {
            let held = cost::resident(child.id())?;
            own += held.own;
            all += held.megabytes;
        }
        let count = number(self.children.len() as u64);
        Ok((own / count, all / count))
    }
}

fn start(program: &Path, volume: &Path, target: &Target<'_>, token: &str) -> Result<Child> {
    let folder = |name: &str| {
        let path = volume.join(name);
        fs::create_dir_all(&path).with_context(|| format!("make {}", path.display()))?;
        Ok::<PathBuf, anyhow::Error>(path)
    };
    let (state, variables, files) = (folder("state")?, folder("env")?, folder("files")?);
    let token_file = volume.join("token");
    fs::write(&token_file, token).context("write the token")?;
    let config = json!({
        "server": target.url, "trust": target.trust,
        "organization": ORGANIZATION, "vault": "default", "environment": "default",
        "tokenFile": token_file, "stateDir": state,
        "variables": {"delivery": "env-file", "dir": variables, "selection": {"named": {"TOKEN": SECRET}}},
        "files": [{"dir": files, "name": "token", "mode": 0o440, "content": {"secret": SECRET}}],
    });
    let log = File::create(volume.join("log")).context("write the log")?;
    let child = Command::new(program)
        .args(["run", "--termination-log"])
        .arg(volume.join("message"))
        .env_clear()
        .env("COFFER_AGENT_CONFIG", config.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    Ok(child)
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // What they hold goes with their volumes: nothing to finish.
        for child in &mut self.children {
            let _ = child.kill();
        }
        for child in &mut self.children {
            let _ = child.wait();
        }
    }
}
