//! The authority in a directory: `ca.pem` with the keys, for us alone, and `ca.crt` for everyone.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use coffer_domain::secret_value::SecretValue;

use super::authority::{AuthorityStore, TlsError};

/// A directory that keeps the authority.
#[derive(Debug)]
pub struct AuthorityDir(pub PathBuf);

impl AuthorityDir {
    fn failed(&self, error: &io::Error) -> TlsError {
        TlsError::Store(format!("{}: {error}", self.0.display()))
    }
}

#[async_trait]
impl AuthorityStore for AuthorityDir {
    async fn load(&self) -> Result<Option<SecretValue>, TlsError> {
        match fs::read(self.0.join("ca.pem")) {
            Ok(bytes) => Ok(Some(SecretValue::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn save(&self, authority: &SecretValue, bundle: &str) -> Result<(), TlsError> {
        let save = || {
            fs::create_dir_all(&self.0)?;
            write(&self.0, "ca.crt", 0o644, bundle.as_bytes())?;
            write(&self.0, "ca.pem", 0o600, authority.reveal())
        };
        save().map_err(|error| self.failed(&error))
    }
}

/// Replaces a file as a whole, on disk when this returns.
fn write(directory: &Path, name: &str, mode: u32, content: &[u8]) -> io::Result<()> {
    let new = directory.join(format!(".{name}.new"));
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, directory.join(name))?;
    fs::File::open(directory)?.sync_all()
}
