//! Counting system calls of a program from its start, with strace: the filter runs in the kernel, so that
//! calls which are not counted cost nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

/// The command for `program` under a trace of `calls`, written to `output`. The tracer is a grandchild, so
/// the process id of the child is the program's own.
pub fn traced(program: &Path, calls: &[&str], output: &Path) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["-D", "-f", "--seccomp-bpf", "--quiet=all", "--signal=none"])
        .arg("--trace")
        .arg(calls.join(","))
        .arg("--output")
        .arg(output)
        .arg(program);
    command
}

/// Where traces go.
pub struct Trace(pub PathBuf);

impl Trace {
    /// How often the program has begun one of the calls so far.
    pub fn count(&self, calls: &[&str]) -> Result<u64> {
        let text =
            fs::read_to_string(&self.0).with_context(|| format!("cannot read {}", self.0.display()))?;
        Ok(begun(&text, calls))
    }
}

/// A line is `PID call(…`; one that goes on is `PID <... call resumed>…`, and counted where it began.
fn begun(text: &str, calls: &[&str]) -> u64 {
    let begins = |line: &&str| {
        let call = line.split_once(' ').map(|(_, rest)| rest.trim_start());
        call.and_then(|call| call.split_once('('))
            .is_some_and(|(name, _)| calls.contains(&name))
    };
    text.lines().filter(begins).map(|_| 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_counts_once_where_it_begins() {
        let text = "12 fdatasync(7) = 0\n13    fsync(8 <unfinished ...>\n13 <... fsync resumed>) = 0\n12 write(1, \"fsync(\", 6) = 6\n";
        assert_eq!(begun(text, &["fsync", "fdatasync"]), 2);
        assert_eq!(begun(text, &["connect"]), 0);
    }
}
