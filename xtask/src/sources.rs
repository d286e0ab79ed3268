//! The repository's Rust files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// The line with which the unit tests at the end of a file begin.
const TESTS: &str = "#[cfg(test)]\nmod tests";

/// Every Rust file below a directory, but hidden and built ones, in order.
pub fn of(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("list {}", directory.display()))? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                found.extend(of(&path)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The text of a file.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

/// What stands before the unit tests.
pub fn production(text: &str) -> &str {
    text.split_once(TESTS).map_or(text, |(production, _)| production)
}
