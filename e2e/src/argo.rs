//! Argo CD's engine: its own agent, which applies a Git repository again and again, and what the engine makes of the
//! outcome, with the chart's health checks. Both are programs of `e2e/tools/gitops`.

use std::{process::Stdio, sync::Arc};

use anyhow::{Context, Result, ensure};
use coffer_node::tools::{self, Cache};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{Namespace, eventually, git::Repository};

const CHECKS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../charts/coffer/argocd/argocd-cm.yaml"
);
/// Our kinds.
const KINDS: [&str; 3] = ["Vault", "VaultSecret", "ApiKey"];

/// The engine's agent. It ends when this is dropped.
pub struct Agent(#[expect(dead_code, reason = "ends the program when dropped")] Child);

impl Agent {
    /// Applies `repository` to `namespace` every second, whether or not anything changed.
    pub fn start(repository: &Repository, namespace: &Namespace) -> Result<Self> {
        let mut command = program("gitops-agent")?;
        command.arg(repository.path());
        command.args(["--namespaced", "--default-namespace", &namespace.name]);
        // Any free port: nobody asks it.
        command.args(["--resync-seconds", "1", "--port", "0"]);
        Ok(Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?))
    }
}

/// What the engine makes of the namespace, after each change of it.
pub struct Verdicts {
    lines: Arc<Mutex<Vec<Value>>>,
    _program: Child,
}

impl Verdicts {
    /// Compares `repository` with `namespace` from now on.
    pub fn start(repository: &Repository, namespace: &Namespace) -> Result<Self> {
        let mut command = program("gitops-verdict")?;
        command.arg("watch").arg(CHECKS).arg(repository.path());
        let mut program = command.arg(&namespace.name).stdout(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(program.stdout.take().context("its output")?).lines();
        let lines = Arc::<Mutex<Vec<Value>>>::default();
        let kept = lines.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = output.next_line().await {
                kept.lock().push(serde_json::from_str(&line).unwrap_or_default());
            }
        });
        Ok(Self {
            lines,
            _program: program,
        })
    }

    /// Waits until all is as `commit` says, and healthy.
    pub async fn settled(&self, commit: &str) -> Result<()> {
        eventually("Synced and Healthy", || async {
            let last = self.last()?;
            let well = last["sync"] == "Synced" && last["health"] == "Healthy";
            ensure!(well && last["revision"] == commit, "{last:#}");
            Ok(())
        })
        .await
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lines.lock().len()
    }

    fn last(&self) -> Result<Value> {
        self.lines.lock().last().cloned().context("nothing said yet")
    }

    /// Of all verdicts after the first `count`: none found a difference, or an object of ours in ill health.
    pub fn all_well_since(&self, count: usize) -> Result<()> {
        let lines = self.lines.lock();
        ensure!(lines.len() > count, "nobody looked");
        for line in &lines[count..] {
            ensure!(line["sync"] == "Synced", "drift: {line:#}");
            let ours = line["resources"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|it| KINDS.contains(&it["kind"].as_str().unwrap_or_default()));
            for one in ours {
                ensure!(one["health"] == "Healthy", "{one:#}");
            }
        }
        Ok(())
    }
}

fn program(name: &str) -> Result<Command> {
    let mut command = Command::new(tools::locate(&Cache::of_the_environment()?, name)?);
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}
