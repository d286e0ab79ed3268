//! The bare handler that reads are compared with.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use crate::program::Program;

/// A running one.
pub struct Ceiling {
    /// Its process.
    pub program: Program,
    /// `http://127.0.0.1:PORT`
    pub url: String,
}

impl Ceiling {
    /// Starts one whose answers are as large as those that it is compared with.
    pub fn start(bench: &Bench, body_bytes: usize) -> Result<Self> {
        let mut command = Command::new(bench.program("coffer-bench-ceiling"));
        command.args(["--body-bytes", &body_bytes.to_string()]);
        let mut program = Program::start(&mut command, bench.scratch().join("ceiling.log"))?;
        let url = program.until("the ceiling listens", |program| {
            Ok(program.said()?.lines().next().map(str::to_owned))
        })?;
        Ok(Self { program, url })
    }
}
