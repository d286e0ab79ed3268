//! Container images without a builder: one layer of given files, in the archive form that
//! `docker save` writes and containerd reads. The same files give the same bytes.

mod archive;
mod tree;

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};

pub use archive::write;

/// A file or folder to add, and where it goes in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    pub source: PathBuf,
    pub target: PathBuf,
}

impl FromStr for Addition {
    type Err = anyhow::Error;

    /// Reads `SRC:DST`, with DST absolute.
    fn from_str(text: &str) -> Result<Self> {
        let (source, target) = text.rsplit_once(':').context("expects SRC:DST")?;
        ensure!(!source.is_empty(), "SRC is empty");
        let target = PathBuf::from(target);
        ensure!(
            target.is_absolute() && target.parent().is_some(),
            "DST is an absolute path of a file or folder"
        );
        ensure!(
            target
                .components()
                .all(|part| part != std::path::Component::ParentDir),
            "DST has no .."
        );
        Ok(Self {
            source: PathBuf::from(source),
            target,
        })
    }
}

/// What the image is, and how its program is started.
#[derive(Clone, Debug, Default)]
pub struct Image {
    pub reference: String,
    pub additions: Vec<Addition>,
    pub entrypoint: Vec<String>,
    pub command: Vec<String>,
    pub environment: Vec<String>,
    pub user: String,
    pub directory: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_additions() {
        let addition: Addition = "target/x:/bin/x".parse().unwrap();
        assert_eq!(
            (addition.source, addition.target),
            ("target/x".into(), "/bin/x".into())
        );
        for bad in ["x", ":/x", "x:", "x:y", "x:/", "x:/../etc"] {
            assert!(bad.parse::<Addition>().is_err(), "{bad:?}");
        }
    }
}
