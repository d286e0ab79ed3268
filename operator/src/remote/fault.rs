//! Why nothing newer is known of a path. As few kinds as users can tell apart: a message that changes with every
//! attempt would be a write with every attempt.

use coffer_crds::condition::reason;
use coffer_domain::provider::ProviderFault;

/// Why nothing newer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is there.
    Missing,
    /// The server refuses us.
    Refused,
    /// There is no such engine.
    NoEngine,
    /// It serves nobody.
    Sealed,
    /// It wants fewer requests.
    Busy,
    /// It does not answer, or not as it should.
    Down,
}

impl From<&ProviderFault> for Fault {
    fn from(fault: &ProviderFault) -> Self {
        match fault {
            ProviderFault::NotFound | ProviderFault::Gone { .. } => Self::Missing,
            ProviderFault::Refuses => Self::Refused,
            ProviderFault::NotConfigured => Self::NoEngine,
            ProviderFault::Sealed => Self::Sealed,
            ProviderFault::Limited(_) | ProviderFault::Crowded => Self::Busy,
            ProviderFault::Broken
            | ProviderFault::Slow
            | ProviderFault::Resting
            | ProviderFault::NoSuchKey
            | ProviderFault::NotAMap
            | ProviderFault::Payload(_)
            | ProviderFault::Contended
            | ProviderFault::Unsupported
            | ProviderFault::Guarded
            | ProviderFault::Domain(_) => Self::Down,
        }
    }
}

impl Fault {
    /// Whether it is the server's as a whole, and not one path's.
    pub fn is_of_server(self) -> bool {
        matches!(self, Self::Sealed | Self::Busy | Self::Down)
    }

    /// A word for metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::NoEngine => "no_engine",
            Self::Sealed => "sealed",
            Self::Busy => "busy",
            Self::Down => "down",
        }
    }

    /// The condition reason that fits.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing | Self::NoEngine => reason::REMOTE_NOT_FOUND,
            Self::Refused => reason::REMOTE_FORBIDDEN,
            Self::Sealed | Self::Busy | Self::Down => reason::REMOTE_UNAVAILABLE,
        }
    }

    /// In a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Missing => "the server has nothing there",
            Self::Refused => {
                "the server refuses the operator: its login, or its right to read the data and metadata of this path"
            }
            Self::NoEngine => "the server has no KV version 2 engine of that name",
            Self::Sealed => "the server is sealed, or has no leader",
            Self::Busy => "the server takes no more requests for a while",
            Self::Down => "the server cannot be reached, or does not answer as it should",
        }
    }
}
