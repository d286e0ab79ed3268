//! The directory's file: what stands in it, reading it, and putting another in its place as a whole.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use coffer_domain::{repo_role::RepoRole, secret_value::SecretValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Marks a token of which only the digest is kept.
const DIGEST: &str = "sha256:";

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listed {
    /// Everybody.
    pub users: Vec<ListedUser>,
    /// Owners that are organizations.
    #[serde(default)]
    pub organizations: Vec<ListedOrganization>,
    /// All repositories.
    pub repositories: Vec<ListedRepository>,
}

/// Somebody.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedUser {
    /// Their login.
    pub login: String,
    /// Their number, which is never another's: what they did stays theirs by it.
    pub id: u64,
    /// Their address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What shows that it is them.
    #[serde(default)]
    pub tokens: Vec<Token>,
    /// Whether they are a program.
    #[serde(default, skip_serializing_if = "is_not")]
    pub bot: bool,
}

/// A token, or its digest. Comparing tells nothing of how much of it is right.
#[derive(Debug)]
pub enum Token {
    /// As somebody wrote it into the file.
    Plain(SecretValue),
    /// Its SHA-256. Good for tokens of chance, which nobody guesses; not for passwords.
    Digest([u8; 32]),
}

/// An organization.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedOrganization {
    /// Its login.
    pub login: String,
    /// Whose it is.
    #[serde(default)]
    pub owners: Vec<String>,
    /// Who else is in it.
    #[serde(default)]
    pub members: Vec<String>,
}

/// A repository.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedRepository {
    /// `owner/repo`.
    pub name: String,
    /// Its number.
    pub id: u64,
    /// Its owner's number.
    pub owner_id: u64,
    /// Whether only some may see it.
    #[serde(default, skip_serializing_if = "is_not")]
    pub private: bool,
    /// The app's installation; without, it counts as installed under number 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation: Option<u64>,
    /// Whether the app is missing.
    #[serde(default, skip_serializing_if = "is_not")]
    pub not_installed: bool,
    /// By login.
    #[serde(default)]
    pub roles: BTreeMap<String, RepoRole>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_not(flag: &bool) -> bool {
    !flag
}

impl Token {
    /// Of a token that was made here: nothing is kept but its digest.
    pub fn digest_of(token: &SecretValue) -> Self {
        Self::Digest(Sha256::digest(token.reveal()).into())
    }

    /// Whether it is this one.
    pub fn is(&self, token: &SecretValue) -> bool {
        match self {
            Self::Plain(known) => known == token,
            Self::Digest(known) => {
                let digest: [u8; 32] = Sha256::digest(token.reveal()).into();
                SecretValue::new(digest) == SecretValue::new(*known)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let Some(digest) = text.strip_prefix(DIGEST) else {
            return Ok(Self::Plain(SecretValue::from(text)));
        };
        let mut bytes = [0; 32];
        hex::decode_to_slice(digest, &mut bytes)
            .map_err(|_| serde::de::Error::custom("a digest is 64 hexadecimal digits"))?;
        Ok(Self::Digest(bytes))
    }
}

/// For the file alone, which holds what it held.
impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(token) => {
                serializer.serialize_str(std::str::from_utf8(token.reveal()).unwrap_or_default())
            }
            Self::Digest(digest) => serializer.serialize_str(&format!("{DIGEST}{}", hex::encode(digest))),
        }
    }
}

/// Why the file could not be read or replaced. Nothing of it is repeated.
#[derive(Debug, Error)]
pub enum FileFault {
    /// The system says no.
    #[error("{0} cannot be used: {1}")]
    Io(PathBuf, io::Error),
    /// It is not as it must be.
    #[error("{0} is not as it must be at line {1}, column {2}")]
    Shape(PathBuf, usize, usize),
}

/// Reads the file.
pub fn load(path: &Path) -> Result<Listed, FileFault> {
    let text = fs::read(path).map_err(|error| FileFault::Io(path.to_owned(), error))?;
    // The parser's words quote the file, tokens among it: only the place is told.
    serde_json::from_slice(&text)
        .map_err(|error| FileFault::Shape(path.to_owned(), error.line(), error.column()))
}

/// Changes the file as a whole or not at all, after any other change that is under way; made if there is none. For
/// its owner's eyes alone.
pub fn change<T, E: From<FileFault>>(
    path: &Path,
    change: impl FnOnce(&mut Listed) -> Result<T, E>,
) -> Result<T, E> {
    let fault = |error| FileFault::Io(path.to_owned(), error);
    let lock = beside(path, "lock");
    let lock = private()
        .create(true)
        .open(&lock)
        .map_err(|error| FileFault::Io(lock, error))?;
    lock.lock().map_err(fault)?;
    let mut listed = if path.try_exists().map_err(fault)? {
        load(path)?
    } else {
        Listed::default()
    };
    let made = change(&mut listed)?;
    replace(path, &listed).map_err(fault)?;
    Ok(made)
}

/// Whoever reads the file finds the one or the other whole, whenever the power fails.
fn replace(path: &Path, listed: &Listed) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(listed)?;
    text.push(b'\n');
    let fresh = beside(path, "new");
    let mut file = private().create(true).truncate(true).open(&fresh)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// A hidden file in the same folder.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{ending}"))
}
