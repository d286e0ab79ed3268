//! What follows the path: fragment and query, in either order.

use super::{Fragment, UriFault};
use crate::address::Version;

/// The largest version number: ten digits.
const LARGEST_VERSION: u64 = 9_999_999_999;

#[derive(Debug, Default)]
pub(super) struct Tail {
    pub fragment: Option<Fragment>,
    pub version: Option<Version>,
}

/// The path, and the rest from its first `#` or `?` on.
pub(super) fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(['#', '?']).unwrap_or(text.len()))
}

pub(super) fn parse(tail: &str) -> Result<Tail, UriFault> {
    let (fragment, query) = match tail.split_at_checked(1) {
        Some(("#", rest)) => rest.split_once('?').unwrap_or((rest, "")),
        Some((_, rest)) => {
            let (query, fragment) = rest.split_once('#').unwrap_or((rest, ""));
            (fragment, query)
        }
        None => ("", ""),
    };
    if fragment.contains('#') || query.contains('#') {
        return Err(UriFault::IllegalSegment);
    }
    if fragment.contains('?') || query.contains('?') {
        return Err(UriFault::AmbiguousQuery);
    }
    let fragment = Some(fragment).filter(|text| !text.is_empty());
    Ok(Tail {
        fragment: fragment.map(Fragment::parse).transpose()?,
        version: self::query(query)?,
    })
}

fn query(text: &str) -> Result<Option<Version>, UriFault> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs: Vec<(&str, &str)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(UriFault::AmbiguousQuery);
    }
    let mut found = None;
    for (name, value) in pairs {
        match name {
            "version" => found = Some(version(value)?),
            "mount" => return Err(UriFault::DoubleMountSource),
            _ => return Err(UriFault::UnknownParameter),
        }
    }
    Ok(found)
}

/// A version number as URIs and parameters write it: digits, the first of them not `0`.
pub(super) fn version(text: &str) -> Result<Version, UriFault> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let number: Option<u64> = text.parse().ok().filter(|number| *number <= LARGEST_VERSION);
    number
        .filter(|_| digits)
        .and_then(Version::new)
        .ok_or(UriFault::InvalidVersion)
}

impl super::CanonicalUri {
    /// Pins this URI to the version that a parameter beside it names.
    pub fn pinned(self, text: &str) -> Result<Self, UriFault> {
        let version = version(text)?;
        match self.version {
            Some(own) if own != version => Err(UriFault::AmbiguousQuery),
            _ => Ok(Self {
                version: Some(version),
                ..self
            }),
        }
    }

    /// Narrows this URI to the key that a parameter beside it names.
    pub fn narrowed(self, key: &str) -> Result<Self, UriFault> {
        let fragment = Fragment::of_key(key)?;
        match &self.fragment {
            Some(own) if *own != fragment => Err(UriFault::AmbiguousQuery),
            _ => Ok(Self {
                fragment: Some(fragment),
                ..self
            }),
        }
    }
}
