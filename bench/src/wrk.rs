//! The load generator: wrk with `lua/load.lua`, which prints what came back as one line of JSON.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::stats::number;

/// A load to be put on a server: closed loops over connections that stay open.
pub struct Load<'a> {
    /// Where the scripts are.
    pub scripts: PathBuf,
    /// `http(s)://HOST:PORT/PATH`
    pub url: String,
    /// How many connections.
    pub connections: u32,
    /// The mode of `load.lua`, and what it needs.
    pub arguments: Vec<&'a str>,
}

/// What came back.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Answers.
    pub requests: u64,
    seconds: f64,
    /// Milliseconds that half of the answers took at most.
    pub p50_ms: f64,
    /// Milliseconds that 99% of the answers took at most.
    pub p99_ms: f64,
    /// Milliseconds that 99.9% of the answers took at most.
    #[serde(rename = "p999Ms")]
    pub p999_ms: f64,
    refused: u64,
    broken: u64,
}

impl Outcome {
    /// Answers per second.
    pub fn rate(&self) -> f64 {
        number(self.requests) / self.seconds
    }
}

impl Load<'_> {
    /// Puts it on for so many seconds. Any failed request is an error: refusals are cheap, and would flatter.
    pub fn run(&self, seconds: u64) -> Result<Outcome> {
        let output = Command::new("wrk")
            .args(["--threads", "1", "--timeout", "10s"])
            .args(["--connections", &self.connections.to_string()])
            .args(["--duration", &format!("{seconds}s")])
            .arg("--script")
            .arg(self.scripts.join("load.lua"))
            .args([&self.url, "--"])
            .args(&self.arguments)
            .output()
            .context("cannot run wrk")?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!("wrk failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let outcome = parse(&text)?;
        ensure!(
            outcome.refused == 0 && outcome.broken == 0 && outcome.requests > 0,
            "of {} requests to {}, {} were refused and {} broke",
            outcome.requests,
            self.url,
            outcome.refused,
            outcome.broken
        );
        Ok(outcome)
    }
}

fn parse(text: &str) -> Result<Outcome> {
    let line = text
        .lines()
        .find(|line| line.starts_with('{'))
        .with_context(|| format!("wrk printed no figures: {text}"))?;
    serde_json::from_str(line).context("cannot read wrk's figures")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_between_what_wrk_prints() {
        let text = "Running 1s test\n  2 requests\n{\"requests\":20,\"seconds\":2.0,\"p50Ms\":1.5,\"p99Ms\":9.0,\"p999Ms\":9.5,\"maxMs\":9.9,\"refused\":0,\"broken\":0}\n";
        let outcome = parse(text).unwrap();
        assert!((outcome.rate() - 10.0).abs() < 1e-9);
        assert!(parse("Running 1s test\n").is_err());
    }
}
