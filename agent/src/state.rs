//! The agent's own memory, on a volume that outlives its restarts: that values are in place, that a stream is open, which
//! certificates to trust, which reason was shown last.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::place::{Dir, EntryName};

/// Name of the file that says that the first values are in place.
pub const READY: &str = "ready";
/// Name of the file that is there while a stream is open.
pub const CONNECTED: &str = "connected";
const TRUST: &str = "trust.pem";
const SHOWN: &str = "shown";
const TOLD: &str = "told";
const MODE: u32 = 0o644;

/// The directory of the agent's state.
pub struct State {
    dir: Dir,
    path: PathBuf,
}

/// The state could not be read or written.
#[derive(Debug, Error)]
#[error("state in {path}: {source}")]
pub struct StateError {
    path: PathBuf,
    source: io::Error,
}

impl State {
    /// Opens the state in the directory `path`.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let path = path.to_owned();
        match Dir::open(&path) {
            Ok(dir) => Ok(Self { dir, path }),
            Err(source) => Err(StateError { path, source }),
        }
    }

    /// Whether values were put in place, by this run of the agent or an earlier one.
    pub fn is_ready(&self) -> Result<bool, StateError> {
        Ok(self.read(READY)?.is_some())
    }

    /// Notes that values are in place: what [`crate::wait`] waits for.
    pub fn set_ready(&self) -> Result<(), StateError> {
        self.write(READY, "")
    }

    /// Notes whether a stream is open: with one, [`crate::wait`] waits longer.
    pub fn set_connected(&self, connected: bool) -> Result<(), StateError> {
        if connected {
            return self.write(CONNECTED, "");
        }
        let removed = entry(CONNECTED).and_then(|entry| self.dir.remove(&entry));
        removed.map_err(|source| self.error(source))
    }

    /// The certificates that the server told to trust last, PEM.
    pub fn trust(&self) -> Result<Option<String>, StateError> {
        self.read(TRUST)
    }

    /// Keeps the certificates to trust from now on.
    pub fn set_trust(&self, pem: &str) -> Result<(), StateError> {
        self.write(TRUST, pem)
    }

    /// The versions that the application knows of: those it started with, or was signalled for.
    pub fn told(&self) -> Result<Option<String>, StateError> {
        self.read(TOLD)
    }

    /// Keeps the versions that the application knows of from now on.
    pub fn set_told(&self, versions: &str) -> Result<(), StateError> {
        self.write(TOLD, versions)
    }

    /// The reason that the agent last ended itself for.
    pub fn shown(&self) -> Result<Option<String>, StateError> {
        self.read(SHOWN)
    }

    /// Keeps the reason that the agent is about to end itself for.
    pub fn set_shown(&self, reason: &str) -> Result<(), StateError> {
        self.write(SHOWN, reason)
    }

    fn read(&self, name: &str) -> Result<Option<String>, StateError> {
        let found = entry(name)
            .and_then(|entry| self.dir.read(&entry))
            .map_err(|source| self.error(source))?;
        Ok(found.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), StateError> {
        let written = entry(name).and_then(|entry| self.dir.replace(&entry, MODE, &mut text.as_bytes()));
        written.map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> StateError {
        StateError {
            path: self.path.clone(),
            source,
        }
    }
}

fn entry(name: &str) -> io::Result<EntryName> {
    EntryName::parse(name).map_err(io::Error::other)
}
