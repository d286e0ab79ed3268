//! Why a provider did not do it.

use jiff::Timestamp;
use thiserror::Error;

use super::PayloadFault;
use crate::Error;

/// What became of a version that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// It was deleted, and can be undeleted.
    Deleted(Option<Timestamp>),
    /// It was destroyed.
    Destroyed,
}

/// Why a provider did not do it. None of these holds a value, and none a word of a foreign server's.
#[derive(Debug, Error)]
pub enum ProviderFault {
    /// Nothing is there, or nothing of that version.
    #[error("no such secret")]
    NotFound,
    /// Something is there, and its version cannot be read.
    #[error("version {version} cannot be read")]
    Gone {
        /// Which.
        version: u64,
        /// What became of it.
        what: Gone,
    },
    /// The path is there, the key is not.
    #[error("the secret has no such key")]
    NoSuchKey,
    /// What is at the path has no keys; it must be asked for by a fragment.
    #[error("what is there has no keys")]
    NotAMap,
    /// It cannot be written like this.
    #[error(transparent)]
    Payload(#[from] PayloadFault),
    /// Others kept writing at the same time.
    #[error("others are writing this at the same time; try again")]
    Contended,
    /// The provider cannot do this.
    #[error("the provider cannot do this")]
    Unsupported,
    /// There is no such provider here, or it has no such mount.
    #[error("the provider is not configured")]
    NotConfigured,
    /// Not in this kind of environment.
    #[error("the provider is for development and does not do this here")]
    Guarded,
    /// It cannot be reached, or does not answer as it should.
    #[error("the provider does not answer as it should")]
    Broken,
    /// It did not answer in time.
    #[error("the provider did not answer in time")]
    Slow,
    /// It refuses our own credentials.
    #[error("the provider refuses this server's credentials")]
    Refuses,
    /// It is there and serves nobody now: sealed, or without a leader.
    #[error("the provider is sealed or has no leader")]
    Sealed,
    /// It failed so often that it is left alone for a while.
    #[error("the provider failed too often and is left alone for a while")]
    Resting,
    /// Too many requests are under way to it.
    #[error("too many requests to the provider are under way")]
    Crowded,
    /// It wants fewer requests; so many seconds from now it takes the next.
    #[error("the provider takes no more requests for a while")]
    Limited(Option<u64>),
    /// The domain said no, or the store did not answer.
    #[error(transparent)]
    Domain(#[from] Error),
}
