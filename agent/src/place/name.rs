//! File names that stay inside the directory they are used in.

use thiserror::Error;

/// The longest name a Linux file system takes, in bytes.
const MAX_BYTES: usize = 255;

/// One component of a path. As it can hold neither `/` nor `..`, an operation on it, relative to an open
/// directory and not following a symlink, cannot leave that directory (what `RESOLVE_BENEATH` of openat2
/// promises, on kernels and sandboxes without openat2 too).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryName(String);

/// Why a name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing to name a file by.
    #[error("a file name must not be empty")]
    Empty,
    /// Longer than file systems take.
    #[error("a file name must not be longer than 255 bytes")]
    TooLong,
    /// It would name another directory.
    #[error("a file name must not contain '/' or a NUL byte")]
    Separator,
    /// `.`, or one of the names kept for our own entries.
    #[error("a file name must not be '.' or begin with '..'")]
    Reserved,
}

impl EntryName {
    /// Parses a name that comes from outside.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        match name {
            "" => Err(NameError::Empty),
            _ if name.len() > MAX_BYTES => Err(NameError::TooLong),
            _ if name.contains(['/', '\0']) => Err(NameError::Separator),
            _ if name == "." || name.starts_with("..") => Err(NameError::Reserved),
            _ => Ok(Self(name.to_owned())),
        }
    }

    /// One of our own entries: `..` and `tag`, which no parsed name can collide with. `tag` is ours, never
    /// input, and has neither `/` nor NUL.
    pub(super) fn own(tag: &str) -> Self {
        Self(format!("..{tag}"))
    }

    /// A name that the kernel listed: one component, whatever it begins with.
    pub(super) fn found(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_every_way_out_of_the_directory() {
        for (name, why) in [
            ("", NameError::Empty),
            ("../x", NameError::Separator),
            ("/etc/passwd", NameError::Separator),
            ("a/b", NameError::Separator),
            ("a\0b", NameError::Separator),
            (".", NameError::Reserved),
            ("..", NameError::Reserved),
            ("..data", NameError::Reserved),
            ("..v1", NameError::Reserved),
        ] {
            assert_eq!(EntryName::parse(name), Err(why), "{name:?}");
        }
        assert_eq!(EntryName::parse(&"x".repeat(256)), Err(NameError::TooLong));
    }

    #[test]
    fn takes_ordinary_names() {
        for name in ["tls.crt", ".pgpass", "app config.json", "ключ", &"x".repeat(255)] {
            assert_eq!(
                EntryName::parse(name).map(|n| n.as_str().to_owned()).as_deref(),
                Ok(name)
            );
        }
    }
}
