//! `yaml://secret/env/`: where a listing or a search starts.

use std::fmt;

use super::{Backend, Reading, UriFault, UriPath, trimmed};

/// A mount, or a path below it, with everything under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriPrefix {
    /// What is looked through.
    pub backend: Backend,
    /// From where on.
    pub path: UriPath,
}

impl UriPrefix {
    /// Reads a prefix: with or without one slash at its end, and without fragment, query or wildcard.
    pub fn parse(text: &str, reading: Reading) -> Result<Self, UriFault> {
        let text = trimmed(text)?;
        let (scheme, rest) = text.split_once("://").ok_or(UriFault::IllegalSegment)?;
        let backend = Backend::parse(scheme, reading)?;
        let path = UriPath::checked(rest.strip_suffix('/').unwrap_or(rest))?;
        Ok(Self { backend, path })
    }
}

impl fmt::Display for UriPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/", self.backend, self.path)
    }
}
