//! What can be measured on one machine without a cluster: the api-server, the agent and the webhook.

mod agent;
mod agents;
mod ceiling;
mod dialects;
mod memory;
mod reads;
mod seed;
mod server;
mod subject;
mod writes;

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};

use crate::{Topic, cli::Settings, disk, webhook, wrk::Load};
use seed::Seeded;

/// The topics, in the order of the table.
pub const TOPICS: &[Topic<Bench>] = &[
    ("disk", "The disk below", |bench| disk::measure(bench.scratch())),
    (
        "reads",
        "Authenticated, authorised, audited reads, 32 connections",
        reads::measure,
    ),
    (
        "dialects",
        "The same secrets read through each dialect, 32 connections",
        dialects::measure,
    ),
    (
        "writes",
        "Durable, audited writes, 64 connections",
        writes::measure,
    ),
    ("memory", "Memory of the api-server", memory::measure),
    ("agent", "The agent", agent::measure),
    (
        "agents",
        "Many agents on one api-server, over TLS",
        agents::measure,
    ),
    (
        "webhook",
        "The webhook, over TLS with connections kept",
        webhook::measure,
    ),
];

/// What the measurements share.
pub struct Bench {
    /// What was asked for.
    pub settings: Settings,
    /// For what waits for sockets.
    pub runtime: Handle,
    scratch: TempDir,
    seeded: OnceCell<Seeded>,
}

impl Bench {
    /// A folder on the disk that is to be measured.
    pub fn prepare(settings: &Settings, runtime: &Runtime) -> Result<Self> {
        let scratch = TempDir::with_prefix_in("bench-", &settings.scratch)
            .with_context(|| format!("cannot make a folder in {}", settings.scratch.display()))?;
        Ok(Self {
            settings: settings.clone(),
            runtime: runtime.handle().clone(),
            scratch,
            seeded: OnceCell::new(),
        })
    }

    /// Where files may go; removed at the end.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// A program that ships.
    pub fn program(&self, name: &str) -> PathBuf {
        self.settings.programs.join(name)
    }

    /// The store with all secrets in it; made when first asked for.
    pub fn seeded(&self) -> Result<&Seeded> {
        if let Some(seeded) = self.seeded.get() {
            return Ok(seeded);
        }
        let seeded = seed::seed(self)?;
        Ok(self.seeded.get_or_init(|| seeded))
    }

    /// A copy of that store, for a server of its own.
    pub fn copy(&self, name: &str) -> Result<PathBuf> {
        let copy = self.scratch().join(name);
        let status = Command::new("cp")
            .arg("--archive")
            .args([&self.seeded()?.data, &copy])
            .status()
            .context("cannot run cp")?;
        ensure!(status.success(), "cannot copy the store: {status}");
        Ok(copy)
    }

    /// A load on `base`: `mode` of the script with `token`, over all secrets.
    pub fn load<'a>(
        &self,
        base: &str,
        mode: &'a str,
        token: &'a str,
        connections: u32,
        secrets: &'a str,
    ) -> Load<'a> {
        Load {
            scripts: self.settings.bench().join("lua"),
            url: base.to_owned(),
            connections,
            arguments: vec![mode, token, seed::PREFIX, secrets],
        }
    }
}
