//! On what the figures were measured.

use std::{fs, num::NonZero};

use serde::{Deserialize, Serialize};

/// The machine, the code and the time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    cores: usize,
    processor: String,
    memory_gib: u64,
    kernel: String,
    load_before: String,
    load_after: String,
    commit: String,
    date: String,
}

impl Machine {
    /// This machine, now.
    pub fn look(commit: String) -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, NonZero::get),
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            memory_gib: memory_gib(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: load(),
            load_after: String::new(),
            commit,
            date: today(),
        }
    }

    /// Notes that the run began with another part.
    pub fn began_with(&mut self, earlier: &Self) {
        self.load_before.clone_from(&earlier.load_before);
    }

    /// Notes the load at the end.
    pub fn end(&mut self) {
        self.load_after = load();
    }

    /// All of it in a sentence.
    pub fn sentence(&self) -> String {
        format!(
            "{} cores ({}), {} GiB, Linux {}; load {} before and {} after; load generator on the same cores; commit {}, {}.",
            self.cores,
            self.processor,
            self.memory_gib,
            self.kernel,
            self.load_before,
            self.load_after,
            self.commit,
            self.date
        )
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The value of `name: value` in a file of /proc.
fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path);
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory_gib() -> u64 {
    let kib = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kib: u64 = kib.trim_end_matches(" kB").parse().unwrap_or_default();
    kib.div_ceil(1024 * 1024)
}

/// The load of the last minute.
fn load() -> String {
    read("/proc/loadavg")
        .split(' ')
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark says when it ran")]
fn today() -> String {
    jiff::Timestamp::now().strftime("%F").to_string()
}
