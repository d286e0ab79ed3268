//! The server's troubles, as far as they differ in what is done about them.

use std::time::Duration;

use coffer_domain::provider::ProviderFault;

use crate::http::Answer;

/// How often a request is sent at most.
pub const ATTEMPTS: u64 = 3;
/// The longest that a server's wish to wait is heard, in seconds.
const LONGEST_WAIT: u64 = 5;

/// Whether sending a request twice does what sending it once does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It does.
    Safe,
    /// It may do it twice.
    Unsafe,
}

/// Why there is no answer to what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There was no connection: nothing was sent.
    Unsent,
    /// The connection broke, or the server did.
    Broken,
    /// There was no answer in time.
    Slow,
    /// It is sealed, not initialised, or has no leader: it did not begin.
    Sealed,
    /// It has not yet heard of what it was told elsewhere: it did not begin.
    Behind,
    /// It wants fewer requests, and says for how many seconds.
    Limited(Option<u64>),
    /// It refuses our token, or what we log in with.
    Refuses,
    /// It has no such engine.
    Unmounted,
}

impl Trouble {
    /// What an answer says of the server, and not of what was asked.
    pub fn of(answer: &Answer) -> Option<Self> {
        match answer.status {
            403 => Some(Self::Refuses),
            404 if answer.says("no handler for route") => Some(Self::Unmounted),
            412 => Some(Self::Behind),
            429 => Some(Self::Limited(answer.wait)),
            501 | 503 => Some(Self::Sealed),
            300..=399 | 500..=599 => Some(Self::Broken),
            _ => None,
        }
    }

    /// How long to wait before the request is sent again after its `attempt`-th time; `None`: not again.
    pub fn pause(self, again: Again, attempt: u64) -> Option<Duration> {
        let seconds = match self {
            _ if attempt >= ATTEMPTS => return None,
            Self::Limited(wait) if attempt == 1 => wait.unwrap_or(1).min(LONGEST_WAIT),
            Self::Unsent | Self::Sealed | Self::Behind => attempt,
            Self::Broken | Self::Slow if again == Again::Safe => attempt,
            Self::Broken | Self::Slow | Self::Limited(_) | Self::Refuses | Self::Unmounted => return None,
        };
        Some(Duration::from_secs(seconds))
    }

    /// Whether it counts towards leaving the server alone.
    pub fn counts(self) -> bool {
        matches!(self, Self::Unsent | Self::Broken | Self::Slow)
    }
}

impl From<Trouble> for ProviderFault {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unsent | Trouble::Broken | Trouble::Behind => Self::Broken,
            Trouble::Slow => Self::Slow,
            Trouble::Sealed => Self::Sealed,
            Trouble::Limited(wait) => Self::Limited(wait),
            Trouble::Refuses => Self::Refuses,
            Trouble::Unmounted => Self::NotConfigured,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_done_is_not_done_again() {
        let seconds = |trouble: Trouble, again, attempt| trouble.pause(again, attempt).map(|it| it.as_secs());
        for (trouble, safe, once_only) in [
            (Trouble::Unsent, Some(1), Some(1)),
            (Trouble::Sealed, Some(1), Some(1)),
            (Trouble::Behind, Some(1), Some(1)),
            (Trouble::Broken, Some(1), None),
            (Trouble::Slow, Some(1), None),
            (Trouble::Refuses, None, None),
            (Trouble::Unmounted, None, None),
            (Trouble::Limited(Some(3)), Some(3), Some(3)),
            (Trouble::Limited(Some(3000)), Some(5), Some(5)),
        ] {
            assert_eq!(seconds(trouble, Again::Safe, 1), safe, "{trouble:?}");
            assert_eq!(seconds(trouble, Again::Unsafe, 1), once_only, "{trouble:?}");
            assert_eq!(seconds(trouble, Again::Safe, ATTEMPTS), None, "{trouble:?}");
        }
        assert_eq!(seconds(Trouble::Limited(None), Again::Safe, 2), None);
        assert_eq!(seconds(Trouble::Broken, Again::Safe, 2), Some(2));
    }
}
