//! Canonical secret URIs: `openbao+kv2://secret/app/api#token?version=12`. Their grammar, their one normal form,
//! and the references by which logs and policies name a secret without its URI.
//!
//! What follows `://` is a path, never an authority; its first segment is the mount. The fragment stands before
//! the query, unlike in RFC 3986; the other order is read and put right.

mod fault;
mod fragment;
mod path;
mod prefix;
mod reference;
mod scheme;
mod tail;
#[cfg(test)]
mod tests;

use std::fmt;

pub use fault::UriFault;
pub use fragment::Fragment;
pub use path::UriPath;
pub use prefix::UriPrefix;
pub use reference::{Salt, arn};
pub use scheme::Backend;

use crate::address::Version;

/// The longest URI, in bytes.
pub const LONGEST: usize = 2048;

/// How strictly one is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// As the grammar says.
    #[default]
    Strict,
    /// Also without an engine (`openbao://…` is `openbao+kv2://…`), and with one slash too many at the end of the path.
    /// Nothing else is relaxed.
    Legacy,
}

/// A well-formed secret URI in its normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalUri {
    /// What keeps the secret.
    pub backend: Backend,
    /// Its mount and path.
    pub path: UriPath,
    /// One key of it; without, it is meant as a whole.
    pub fragment: Option<Fragment>,
    /// A pinned version.
    pub version: Option<Version>,
}

impl CanonicalUri {
    /// Reads `text`, which has been through transport decoding. Surrounding white space does not count.
    pub fn parse(text: &str, reading: Reading) -> Result<Self, UriFault> {
        let text = trimmed(text)?;
        let (scheme, rest) = text.split_once("://").ok_or(UriFault::IllegalSegment)?;
        let backend = Backend::parse(scheme, reading)?;
        let (path, tail) = tail::split(rest);
        let path = UriPath::parse(path, reading)?;
        let tail::Tail { fragment, version } = tail::parse(tail)?;
        Ok(Self {
            backend,
            path,
            fragment,
            version,
        })
    }

    /// The same without fragment and version: what operations on a path as a whole are about.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self {
            fragment: None,
            version: None,
            ..self.clone()
        }
    }
}

impl fmt::Display for CanonicalUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.backend, self.path)?;
        if let Some(fragment) = &self.fragment {
            write!(f, "#{fragment}")?;
        }
        self.version
            .map_or(Ok(()), |version| write!(f, "?version={version}"))
    }
}

/// Without white space around it, if that is of bearable length and holds no encoded slash.
fn trimmed(text: &str) -> Result<&str, UriFault> {
    let text = text.trim_ascii();
    let encoded_slash = text
        .as_bytes()
        .windows(3)
        .any(|it| it.eq_ignore_ascii_case(b"%2f"));
    if text.len() > LONGEST || encoded_slash {
        return Err(UriFault::IllegalSegment);
    }
    Ok(text)
}
