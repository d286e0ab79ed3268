//! `secret/app/api`: a mount, and a key's path below it.

use std::fmt;

use super::{Reading, UriFault};

/// The most segments, the mount among them.
const MOST_SEGMENTS: usize = 32;
/// The longest segment, in bytes.
const LONGEST_SEGMENT: usize = 255;

/// A mount, and perhaps a path below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UriPath(String);

impl UriPath {
    pub(super) fn parse(text: &str, reading: Reading) -> Result<Self, UriFault> {
        let (path, slash) = text.strip_suffix('/').map_or((text, false), |path| (path, true));
        let path = Self::checked(path)?;
        if slash && reading == Reading::Strict {
            return Err(UriFault::TrailingSlash);
        }
        Ok(path)
    }

    /// Without any trailing slash.
    pub(super) fn checked(path: &str) -> Result<Self, UriFault> {
        if path.contains('*') {
            return Err(UriFault::InvalidWildcard);
        }
        let first = path.split('/').next().unwrap_or_default();
        if first.contains(['@', ':']) {
            return Err(UriFault::AmbiguousMount);
        }
        let all_good = path.split('/').all(is_segment) && !path.contains("..");
        if !all_good || path.split('/').count() > MOST_SEGMENTS {
            return Err(UriFault::IllegalSegment);
        }
        Ok(Self(path.to_owned()))
    }

    /// The first segment.
    pub fn mount(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// What follows the mount; `None` for the mount itself.
    pub fn key(&self) -> Option<&str> {
        self.0.split_once('/').map(|(_, key)| key)
    }

    /// Mount and key as one path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This path and a segment, or more of them, below it.
    pub fn join(&self, below: &str) -> Result<Self, UriFault> {
        Self::checked(&format!("{}/{below}", self.0))
    }
}

/// 1 to 255 letters, digits, `.`, `_` or `-`, and not `.`.
fn is_segment(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=LONGEST_SEGMENT).contains(&text.len()) && text != "." && text.bytes().all(plain)
}

impl fmt::Display for UriPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
