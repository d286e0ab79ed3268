//! Why a text is no canonical URI.

use thiserror::Error;

/// Why a text is no canonical URI; each has one code. The text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UriFault {
    /// No `://`, an empty or ill-formed segment, `..`, an encoded slash, a second `#`, or too long.
    #[error("the URI has an empty or illegal segment, or is not of the form scheme://mount/path")]
    IllegalSegment,
    /// A `*`.
    #[error("wildcards are not allowed here")]
    InvalidWildcard,
    /// Another provider or engine than those that there are.
    #[error("the provider or its engine is not supported")]
    UnsupportedEngine,
    /// A first segment that looks like a host, or a mount that is not said where there are several.
    #[error("the mount is ambiguous: what follows :// is a path, not a host")]
    AmbiguousMount,
    /// Something said twice.
    #[error("something is given twice in the query")]
    AmbiguousQuery,
    /// The mount as a parameter, beside the one in the path.
    #[error("the mount is given twice")]
    DoubleMountSource,
    /// A slash at the end of a secret's path.
    #[error("a secret's path does not end in a slash")]
    TrailingSlash,
    /// A parameter that there is not.
    #[error("the URI has an unknown parameter; known: version")]
    UnknownParameter,
    /// A version that is not a whole number from 1.
    #[error("a version is a whole number from 1")]
    InvalidVersion,
}

impl UriFault {
    /// Its code, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::IllegalSegment => "ILLEGAL_SEGMENT",
            Self::InvalidWildcard => "INVALID_WILDCARD",
            Self::UnsupportedEngine => "UNSUPPORTED_ENGINE",
            Self::AmbiguousMount => "AMBIGUOUS_MOUNT",
            Self::AmbiguousQuery => "AMBIGUOUS_QUERY",
            Self::DoubleMountSource => "DOUBLE_MOUNT_SOURCE",
            Self::TrailingSlash => "PROVIDER_TRAILING_SLASH_MISMATCH",
            Self::UnknownParameter => "INVALID_REQUEST",
            Self::InvalidVersion => "INVALID_VERSION",
        }
    }
}
