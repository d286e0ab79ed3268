//! The browser's process and its profile.

use std::{fs, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::{Fault, PATIENCE};

/// Gives the protocol's pipes the numbers that the browser reads and writes, whichever of its names it has.
const START: &str = "for name in chromium chromium-browser google-chrome; do \
command -v \"$name\" >/dev/null 2>&1 && exec \"$name\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null; done; \
echo 'no program called chromium' >&2; exit 127";

/// A sandbox needs rights that tests in a container lack; the only pages it sees are the test's own.
const SETTINGS: [&str; 18] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--mute-audio",
    "--lang=en-US",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

#[derive(Debug)]
pub struct Process {
    child: Child,
    folder: TempDir,
}

impl Process {
    pub fn start() -> Result<(Self, ChildStdin, ChildStdout), Fault> {
        let folder = tempfile::tempdir()?;
        let log = fs::File::create(folder.path().join("log"))?;
        let mut child = Command::new("sh")
            .args(["-c", START, "sh"])
            .args(SETTINGS)
            .arg(format!(
                "--user-data-dir={}",
                folder.path().join("profile").display()
            ))
            .env("HOME", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = pipes else {
            return Err(Fault::Ended);
        };
        Ok((Self { child, folder }, input, output))
    }

    /// The end of what it said of itself.
    pub fn complaint(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("; ")
    }

    pub fn kill(&mut self) -> Result<(), Fault> {
        Ok(self.child.start_kill()?)
    }

    pub async fn ended(&mut self) -> Result<(), Fault> {
        let limit = Duration::from_secs(PATIENCE);
        match tokio::time::timeout(limit, self.child.wait()).await {
            Ok(status) => Ok(status.map(drop)?),
            Err(_) => Err(Fault::Never("the browser's end".into())),
        }
    }
}
