//! A root key in a local file, the default of an embedded installation. The file holds one key per line, 32
//! bytes in base64, the current one first; empty lines and lines from `#` are skipped. `openssl rand
//! -base64 32` makes a line. Refuses a file that anyone but its owner could read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_domain::port::Entropy;
use thiserror::Error;
use zeroize::Zeroizing;

use super::{KekError, KekProvider, KeyId, StaticKek, Wrapped};
use crate::{
    aad::Aad,
    seed::{SEED_BYTES, Seed},
};

/// Why a key file was not taken, or not made.
#[derive(Debug, Error)]
pub enum KekFileError {
    /// It cannot be read or written.
    #[error("cannot use the root key file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// Group or others have some right on it.
    #[error(
        "the root key file {path} has mode {mode:04o}: only its owner may read it; run chmod 0400 {path}"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another user.
    #[error("the root key file {path} belongs to user {owner}, and this program runs as user {user}")]
    Owner {
        /// The file.
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
        /// Our own.
        user: u32,
    },
    /// A line is not 32 bytes in base64.
    #[error("line {line} of the root key file {path} is not a key: 32 bytes in base64 are")]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// It holds no key at all.
    #[error("the root key file {0} holds no key")]
    Empty(PathBuf),
}

/// A root key from a file.
pub struct FileKek(StaticKek);

impl FileKek {
    /// Reads the keys in the file at `path`.
    pub fn open(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, KekFileError> {
        let io = |source| KekFileError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(io)?;
        // On the open file, so that what was checked is what is read.
        guard(path, &file.metadata().map_err(io)?)?;
        let text = Zeroizing::new(io::read_to_string(file).map_err(io)?);
        let mut seeds = parse(path, &text)?.into_iter();
        let current = seeds.next().ok_or_else(|| KekFileError::Empty(path.to_owned()))?;
        Ok(Self(StaticKek::from_keys(current, seeds.collect(), entropy)))
    }

    /// Makes a new key in a new file, mode 0400, on disk when this returns. An existing file is left alone and
    /// reported as an error.
    pub fn create(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, KekFileError> {
        let seed = Seed::fresh(&*entropy);
        let line = Zeroizing::new(BASE64_STANDARD.encode(seed.reveal()) + "\n");
        write_new(path, line.as_bytes()).map_err(|source| KekFileError::Io {
            path: path.to_owned(),
            source,
        })?;
        Self::open(path, entropy)
    }
}

fn guard(path: &Path, metadata: &fs::Metadata) -> Result<(), KekFileError> {
    let (mode, owner) = (metadata.mode() & 0o7777, metadata.uid());
    let user = rustix::process::geteuid().as_raw();
    if mode & 0o077 != 0 {
        return Err(KekFileError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    if owner != user {
        return Err(KekFileError::Owner {
            path: path.to_owned(),
            owner,
            user,
        });
    }
    Ok(())
}

fn parse(path: &Path, text: &str) -> Result<Vec<Seed>, KekFileError> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            key(line).ok_or_else(|| KekFileError::Line {
                path: path.to_owned(),
                line: number,
            })
        })
        .collect()
}

fn key(line: &str) -> Option<Seed> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(SEED_BYTES + 2));
    BASE64_STANDARD.decode_vec(line, &mut bytes).ok()?;
    Seed::from_slice(&bytes)
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o400)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[async_trait]
impl KekProvider for FileKek {
    async fn status(&self) -> Result<KeyId, KekError> {
        self.0.status().await
    }

    async fn wrap(&self, aad: &Aad, seed: &Seed) -> Result<Wrapped, KekError> {
        self.0.wrap(aad, seed).await
    }

    async fn unwrap(&self, aad: &Aad, wrapped: &Wrapped) -> Result<Seed, KekError> {
        self.0.unwrap(aad, wrapped).await
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
