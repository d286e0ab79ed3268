//! Small rooms: no source file is long without saying why.

use std::path::Path;

use anyhow::{Result, bail};

use crate::sources;

/// Lines a file may have without a reason, tests at its end not counted.
const LIMIT: usize = 400;
/// How a file begins the line that says why it is long.
const REASON: &str = "// Long because";
/// In how many lines at its head.
const HEAD: usize = 10;

/// Fails, naming them, if files are too long and say nothing of it.
pub fn check(root: &Path) -> Result<()> {
    let mut long = Vec::new();
    for path in sources::of(root)? {
        let text = sources::read(&path)?;
        let lines = sources::production(&text).lines().count();
        if lines > LIMIT && !gives_reason(&text) {
            long.push(format!(
                "  {} ({lines} lines)",
                path.strip_prefix(root).unwrap_or(&path).display()
            ));
        }
    }
    if !long.is_empty() {
        bail!(
            "over {LIMIT} lines; divide them, or say `{REASON} …` in the first {HEAD} lines:\n{}",
            long.join("\n")
        );
    }
    Ok(())
}

fn gives_reason(text: &str) -> bool {
    text.lines().take(HEAD).any(|line| line.starts_with(REASON))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_long_file_needs_a_reason() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("long.rs");
        fs::write(&file, "x\n".repeat(LIMIT)).unwrap();
        check(root.path()).unwrap();

        fs::write(&file, "x\n".repeat(LIMIT + 1)).unwrap();
        let error = check(root.path()).unwrap_err().to_string();
        assert!(error.contains("long.rs (401 lines)"), "{error}");

        fs::write(
            &file,
            format!("{REASON} it is one table.\n{}", "x\n".repeat(LIMIT + 1)),
        )
        .unwrap();
        check(root.path()).unwrap();
    }

    #[test]
    fn tests_and_built_files_do_not_count() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("target")).unwrap();
        fs::write(root.path().join("target/built.rs"), "x\n".repeat(LIMIT + 1)).unwrap();
        fs::write(
            root.path().join("a.rs"),
            format!("x\n#[cfg(test)]\nmod tests {{\n{}", "x\n".repeat(LIMIT)),
        )
        .unwrap();
        check(root.path()).unwrap();
    }
}
