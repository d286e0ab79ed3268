//! Long-running programs: started once, watched, stopped. Knows nothing about Kubernetes.

mod procfs;
mod record;

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

pub use procfs::pids_with_argument;
pub use record::Record;

use crate::name::Layout;
use crate::run::last_lines;

/// A program of the node and everything it is started with.
#[derive(Clone, Debug)]
pub struct Daemon {
    pub name: &'static str,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Files whose change calls for a restart.
    pub reads: Vec<PathBuf>,
}

/// What [`Daemon::ensure`] found or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ensured {
    Running,
    Started,
}

impl Daemon {
    /// Starts the program unless it runs already with the same command and configuration.
    pub fn ensure(&self, layout: &Layout) -> Result<Ensured> {
        let fingerprint = self.fingerprint()?;
        let path = layout.record(self.name);
        if let Some(record) = Record::read(&path).filter(Record::alive) {
            if record.fingerprint == fingerprint {
                return Ok(Ensured::Running);
            }
            record.stop(Duration::from_secs(5))?;
        }
        self.start(layout, fingerprint)?.write(&path)?;
        Ok(Ensured::Started)
    }

    /// Waits until `ready` holds. Fails as soon as the program has ended, or at the limit, with its last words.
    pub fn wait(&self, layout: &Layout, limit: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let begun = Instant::now();
        while !ready() {
            if !is_alive(layout, self.name) {
                bail!("{} has ended\n{}", self.name, last_words(layout, self.name));
            }
            if begun.elapsed() > limit {
                bail!(
                    "{} is not ready after {} s\n{}",
                    self.name,
                    limit.as_secs(),
                    last_words(layout, self.name)
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// In a session of its own, so that it outlives the shell that called us, and in the node's network.
    fn start(&self, layout: &Layout, fingerprint: String) -> Result<Record> {
        let log = self.fresh_log(layout)?;
        let child = Command::new("setsid")
            .arg("nsenter")
            .arg(format!("--net={}", layout.netns_path().display()))
            .arg("--")
            .arg(&self.program)
            .args(&self.arguments)
            .current_dir(&layout.state)
            .stdin(Stdio::null())
            .stdout(log.as_fd().try_clone_to_owned()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.name))?;
        Record::of(child.id(), fingerprint).with_context(|| format!("cannot start {}", self.name))
    }

    /// The log of the run before is kept beside the new one, as `.log.1`.
    fn fresh_log(&self, layout: &Layout) -> Result<File> {
        let path = layout.log(self.name);
        let folder = path.parent().context("a log needs a folder")?;
        fs::create_dir_all(folder)?;
        let _ = fs::rename(&path, path.with_extension("log.1"));
        File::create(&path).with_context(|| format!("cannot write {}", path.display()))
    }

    fn fingerprint(&self) -> Result<String> {
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update(bytes.len().to_be_bytes());
            hash.update(bytes);
        };
        add(self.program.as_os_str().as_encoded_bytes());
        self.arguments
            .iter()
            .for_each(|argument| add(argument.as_bytes()));
        for path in &self.reads {
            add(&fs::read(path).with_context(|| format!("cannot read {}", path.display()))?);
        }
        Ok(hex::encode(hash.finalize()))
    }
}

pub fn is_alive(layout: &Layout, component: &str) -> bool {
    Record::read(&layout.record(component)).is_some_and(|record| record.alive())
}

/// Stops a component if it runs, and forgets it.
pub fn stop(layout: &Layout, component: &str, grace: Duration) -> Result<()> {
    let path = layout.record(component);
    if let Some(record) = Record::read(&path) {
        record
            .stop(grace)
            .with_context(|| format!("cannot stop {component}"))?;
    }
    let _ = fs::remove_file(path);
    Ok(())
}

/// Where a component's log is, and how it ends.
pub fn last_words(layout: &Layout, component: &str) -> String {
    let path = layout.log(component);
    let text = fs::read(&path).map_or_else(
        |_| String::new(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    );
    format!("  {} ends with:\n{}", path.display(), last_lines(&text, 12))
}
