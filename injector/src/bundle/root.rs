//! The root keys of bundles, as the Secret that the operator made is mounted here. Read anew for each key that is given
//! out, which is seldom: a changed Secret then counts as soon as kubelet has brought it.

use std::path::{Path, PathBuf};

use coffer_bundle::{BadRoot, RootKeys};
use coffer_domain::secret_value::SecretValue;

const CURRENT: &str = "current";
const PREVIOUS: &str = "previous";

/// Why there are no keys to give out.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The file is not there, or cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a key.
    #[error(transparent)]
    Bad(#[from] BadRoot),
}

/// Reads them from `directory`.
pub async fn read(directory: &Path) -> Result<RootKeys, RootError> {
    let current = file(directory, CURRENT)
        .await
        .map_err(failed(directory, CURRENT))?;
    let previous = match file(directory, PREVIOUS).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        found => Some(found.map_err(failed(directory, PREVIOUS))?),
    };
    Ok(RootKeys::new(current, previous)?)
}

async fn file(directory: &Path, name: &str) -> std::io::Result<SecretValue> {
    tokio::fs::read(directory.join(name)).await.map(SecretValue::new)
}

fn failed(directory: &Path, name: &str) -> impl FnOnce(std::io::Error) -> RootError {
    let path = directory.join(name);
    move |source| RootError::Read { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_key_or_two_are_read_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        assert!(
            matches!(read(path).await, Err(RootError::Read { .. })),
            "not made yet"
        );
        std::fs::write(path.join(CURRENT), [1; 32]).unwrap();
        let one = read(path).await.unwrap();
        std::fs::write(path.join(PREVIOUS), [2; 32]).unwrap();
        assert_eq!(read(path).await.unwrap().generation(), one.generation());
        std::fs::write(path.join(PREVIOUS), [2; 31]).unwrap();
        assert!(matches!(read(path).await, Err(RootError::Bad(_))));
    }
}
