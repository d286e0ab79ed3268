//! Mounts left below the node's folders, and their end.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::mount::{UnmountFlags, unmount};

/// Unmounts everything mounted below any of these folders, the innermost first.
pub fn unmount_below(folders: &[&Path]) -> Result<()> {
    const PATH: &str = "/proc/self/mountinfo";
    let table = fs::read_to_string(PATH).with_context(|| format!("cannot read {PATH}"))?;
    for point in below(&table, folders) {
        unmount(&point, UnmountFlags::DETACH)
            .with_context(|| format!("cannot unmount {}", point.display()))?;
    }
    Ok(())
}

/// Mount points strictly below the folders, in the reverse of the order they were mounted in.
fn below(mountinfo: &str, folders: &[&Path]) -> Vec<PathBuf> {
    let point = |line: &str| Some(PathBuf::from(unescape(line.split(' ').nth(4)?)));
    let inside = |point: &PathBuf| {
        folders
            .iter()
            .any(|folder| point.starts_with(folder) && point != folder)
    };
    let mut points: Vec<PathBuf> = mountinfo.lines().filter_map(point).filter(inside).collect();
    points.reverse();
    points
}

/// proc(5): a blank, a tab, a newline and a backslash are written as octal.
fn unescape(text: &str) -> String {
    text.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_and_innermost_first() {
        let table = "1 0 0:1 / / rw - ext4 a rw
2 1 0:2 / /state/a rw - tmpfs a rw
3 2 0:3 / /state/a/b\\040c rw - tmpfs a rw
4 1 0:4 / /state-of-another rw - tmpfs a rw
5 1 0:5 / /state rw - tmpfs a rw";
        let found = below(table, &[Path::new("/state")]);
        assert_eq!(found, [PathBuf::from("/state/a/b c"), PathBuf::from("/state/a")]);
    }
}
