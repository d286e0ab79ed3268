//! The port behind which secrets that have canonical URIs are kept: the store, or something else that keeps maps of
//! keys to values at paths.
//!
//! Whoever implements it knows how a path is kept, and decides nothing about rights: [`store::StoreProvider`] hands
//! each request to the use-cases, and what keeps secrets elsewhere is behind [`foreign::Foreign`], which has the
//! domain decide and record first.

mod change;
mod fault;
pub mod foreign;
mod model;
pub mod store;

use std::collections::BTreeMap;

use async_trait::async_trait;

pub use change::{Change, PayloadFault};
pub use fault::{Gone, ProviderFault};
pub use model::{Entry, Found, History, Line, Moved, Removed, Shift, Stamp, ValueKind, Wrote};

use crate::{
    address::Version,
    canonical_uri::{CanonicalUri, UriPrefix},
    name::OrgName,
    usecase::Caller,
};

/// Who asks, and in which tenant.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The principal, and where the request came from.
    pub caller: Caller,
    /// The tenant.
    pub tenant: OrgName,
    /// The subject's name, which stamps tell; `None`: anonymous.
    pub subject: Option<String>,
}

/// Why something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// As any write.
    Write,
    /// In place of a value whose time is over.
    Rotate,
}

/// What keeps maps of keys to values at paths.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Whether it keeps versions: without, whatever is about versions or ownership is unsupported.
    fn keeps_versions(&self) -> bool;

    /// The map at a path, at the version that the URI pins or the present one.
    async fn read(&self, actor: &Actor, uri: &CanonicalUri) -> Result<Found, ProviderFault>;

    /// Changes what is at a path, as one step.
    async fn write(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        change: &Change,
        intent: Intent,
    ) -> Result<Wrote, ProviderFault>;

    /// Deletes so that it can be undone where there are versions. Doing it again changes nothing.
    async fn remove(&self, actor: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault>;

    /// Erases for ever.
    async fn destroy(&self, actor: &Actor, uri: &CanonicalUri) -> Result<Removed, ProviderFault>;

    /// The versions of a path, without values.
    async fn history(&self, actor: &Actor, uri: &CanonicalUri) -> Result<History, ProviderFault>;

    /// Moves versions through their life. Those that there are not, or that cannot be moved, are skipped.
    async fn shift(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        versions: &[Version],
        shift: Shift,
    ) -> Result<Moved, ProviderFault>;

    /// Says whose a path is from now on; everything that is then said of it.
    async fn set_owner(
        &self,
        actor: &Actor,
        uri: &CanonicalUri,
        owner: &str,
    ) -> Result<BTreeMap<String, String>, ProviderFault>;

    /// What lies under a prefix, without values: one level of paths where there are versions, all keys where not.
    async fn entries(&self, actor: &Actor, prefix: &UriPrefix) -> Result<Vec<Entry>, ProviderFault>;
}
