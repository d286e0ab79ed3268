//! Runs other programs to their end and turns a failure into words.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a program and returns what it wrote to stdout. Fails with its last words on stderr.
pub fn run<I>(program: impl AsRef<OsStr>, arguments: I) -> Result<String>
where
    I: IntoIterator<Item: AsRef<OsStr>>,
{
    output_of(Command::new(program).args(arguments))
}

/// Whether a program ends well. What it says is thrown away.
pub fn succeeds<I>(program: &str, arguments: I) -> bool
where
    I: IntoIterator<Item: AsRef<OsStr>>,
{
    let quiet = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

/// As [`run`], for a command that needs a folder or an environment of its own.
pub fn output_of(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {shown}"))?;
    finish(&shown, &output)
}

fn finish(shown: &str, output: &Output) -> Result<String> {
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{shown}: {}\n{}", output.status, last_lines(&said, 15));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let text = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    format!("`{text}`")
}

/// The last `count` lines of a text, each indented, for showing below an error.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let kept = &lines[lines.len().saturating_sub(count)..];
    kept.iter()
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first folder on the usual path that has this program.
pub fn find_program(name: &str) -> Option<std::path::PathBuf> {
    const FOLDERS: [&str; 6] = [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];
    FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_carries_the_command_and_its_last_words() {
        let error = run("sh", ["-c", "echo first >&2; echo why >&2; exit 3"])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`sh -c") && error.contains("    why") && error.contains('3'),
            "{error}"
        );
    }

    #[test]
    fn last_lines_of_short_and_long_texts() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "    b\n    c");
        assert_eq!(last_lines("a", 5), "    a");
        assert_eq!(last_lines("", 5), "");
    }
}
