//! What a node remembers between runs: its addresses, and which images it has been given.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::network::Plan;

const FILE: &str = "state.json";

/// The file `state.json` in a node's state folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub plan: Plan,
    /// Image reference to the id of the build it was made from.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
}

impl State {
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            images: BTreeMap::new(),
        }
    }

    /// None when the folder holds no node.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| {
                format!(
                    "{} is not readable; `coffer-node down` removes it",
                    path.display()
                )
            }),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    pub fn write(&self, folder: &Path) -> Result<()> {
        write_file(&folder.join(FILE), &serde_json::to_vec_pretty(self)?, 0o644)
    }
}

/// Writes a file whole or not at all, making its folder if need be.
pub fn write_file(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let folder = path.parent().context("a file needs a folder")?;
    let written = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let beside = path.with_extension("new");
        let _ = fs::remove_file(&beside);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&beside)?;
        file.write_all(content)?;
        fs::rename(&beside, path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(State::read(folder.path()).unwrap(), None);
        let mut state = State::new(Plan::choose(&[]).unwrap());
        state.images.insert("a:1".into(), "x".into());
        state.write(folder.path()).unwrap();
        assert_eq!(State::read(folder.path()).unwrap(), Some(state));
    }

    #[test]
    fn a_broken_file_is_an_error_and_not_a_new_node() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(State::read(folder.path()).is_err());
    }

    #[test]
    fn a_private_file_is_private_from_the_start_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/key.pem");
        write_file(&path, b"one", 0o600).unwrap();
        write_file(&path, b"two", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
