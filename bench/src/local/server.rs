//! An api-server under measurement.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Bench;
use crate::{program::Program, trace};

/// A running server.
pub struct Server {
    /// Its process.
    pub program: Program,
    /// `http(s)://127.0.0.1:PORT`
    pub url: String,
}

/// Plain HTTP on loopback.
pub const PLAIN: &[&str] = &["--insecure-http"];

impl Server {
    /// Starts one on `data`, and waits until it listens.
    pub fn start(bench: &Bench, data: &Path, arguments: &[&str]) -> Result<Self> {
        Self::run(Command::new(bench.program("coffer-api-server")), data, arguments)
    }

    /// The same, its calls written to `output`.
    pub fn start_traced(bench: &Bench, data: &Path, calls: &[&str], output: &Path) -> Result<Self> {
        Self::run(
            trace::traced(&bench.program("coffer-api-server"), calls, output),
            data,
            PLAIN,
        )
    }

    fn run(mut command: Command, data: &Path, arguments: &[&str]) -> Result<Self> {
        let log = data.with_extension("log");
        command
            .arg("--data")
            .arg(data)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments);
        let mut program = Program::start(&mut command, log)?;
        let url = program
            .until("the api-server listens", |program| Ok(base_url(&program.said()?)))
            .context("cannot start the api-server")?;
        Ok(Self { program, url })
    }
}

/// The address in the log line that names it.
fn base_url(log: &str) -> Option<String> {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut urls = lines.filter_map(|line| line["base_url"].as_str().map(str::to_owned));
    urls.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_in_the_log() {
        let log =
            "{\"message\":\"x\"}\n{\"base_url\":\"http://127.0.0.1:8\",\"message\":\"listening\"}\n{\"cut";
        assert_eq!(base_url(log).as_deref(), Some("http://127.0.0.1:8"));
        assert_eq!(base_url("{}\nnot json"), None);
    }
}
