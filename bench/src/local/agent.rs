//! The agent's own benchmark, run on the program that ships.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Bench;
use crate::report::{Goal, Row, Unit};

/// Size of the program, memory with one stream open, and how fast it acknowledges.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let agent = bench
        .settings
        .agent
        .canonicalize()
        .context("the agent's program")?;
    let output = Command::new("cargo")
        .args([
            "bench",
            "--quiet",
            "--locked",
            "-p",
            "coffer-agent",
            "--bench",
            "footprint",
            "--",
        ])
        .arg(agent)
        .current_dir(&bench.settings.repository)
        .output()
        .context("cannot run cargo bench")?;
    let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    ensure!(
        output.status.success(),
        "the agent's benchmark ended with {}: {}",
        output.status,
        said.join("\n")
    );
    rows(&String::from_utf8_lossy(&output.stdout))
}

fn rows(printed: &str) -> Result<Vec<Row>> {
    let mebi = 1024.0 * 1024.0;
    let goal = Goal::AtMost(4.0);
    Ok(vec![
        Row::new(
            "size of the program",
            find(printed, "program")? / mebi,
            Unit::Mebibytes,
        )
        .goal(goal),
        Row::new(
            "resident, one stream open",
            find(printed, "resident")? / 1024.0,
            Unit::Mebibytes,
        )
        .goal(goal)
        .note("after 200 changes"),
        Row::new(
            "change on the wire to acknowledgement, p99",
            find(printed, "message to acknowledgement, p99")?,
            Unit::Milliseconds,
        ),
    ])
}

/// The number at the end of the line that begins so.
fn find(printed: &str, start: &str) -> Result<f64> {
    let line = printed.lines().find(|line| line.starts_with(start));
    let line = line.with_context(|| format!("no line `{start}` in: {printed}"))?;
    let number = line.rsplit(' ').next().unwrap_or_default();
    number
        .parse()
        .with_context(|| format!("no number at the end of: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_by_their_labels() {
        let printed = "program        2097152\nresident, one stream open, after 200 changes (KiB)   2048\nmessage to acknowledgement, p50 (ms)   1.00\nmessage to acknowledgement, p99 (ms)   2.50\n";
        let rows = rows(printed).unwrap();
        let values: Vec<f64> = rows.iter().map(|row| row.value).collect();
        assert_eq!(values, [2.0, 2.0, 2.5]);
        assert!(find("", "program").is_err());
    }
}
