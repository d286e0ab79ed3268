//! The one way in. Each use-case gathers, has [`crate::rights`] decide, hands over one commit, and leaves one
//! event in the audit chain, whatever door it came through.

mod access;
pub mod api_keys;
pub mod approvals;
mod approvals_decide;
mod approvals_use;
pub mod audit;
pub mod audit_copies;
pub mod audit_entries;
mod audit_tail;
pub mod audit_window;
pub mod authenticate;
pub mod bundles;
pub mod changes;
pub mod consumers;
mod controllers;
mod copies;
pub mod documents;
pub mod door_keys;
mod doors;
pub mod environments;
mod expiries;
pub mod foreign;
mod key_rules;
pub mod keynest;
pub mod keyway;
pub mod kv2;
pub mod managed_keys;
pub mod organizations;
pub mod outbox;
pub mod outbox_lease;
mod partitions;
pub mod projects;
pub mod replays;
pub mod requests;
mod sandbox;
pub mod sealing;
pub mod secrets;
pub mod segments;
mod user_keys;
pub mod vaults;

use std::sync::Arc;

use crate::{
    Error,
    audit::Origin,
    port::{Clock, Entropy, KeyPairs},
    principal::Principal,
    store::{Commit, CommitError, Store},
};

/// How often a commit is decided anew when another one came first.
const ATTEMPTS: usize = 16;

/// The largest page of any list.
pub const MAX_PAGE: u32 = 1000;

/// Who asks, and through which door.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The authenticated principal.
    pub principal: Principal,
    /// Door, network address, request id.
    pub origin: Origin,
}

impl Caller {
    /// Our own controllers.
    pub fn controller() -> Self {
        Self {
            principal: Principal::Controller,
            origin: Origin::controller(),
        }
    }
}

/// All use-cases, over one store.
#[derive(Clone)]
pub struct Coffer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pairs: Arc<dyn KeyPairs>,
    holders: Arc<authenticate::Holders>,
    subscribers: Arc<outbox::Subscribers>,
    tails: Arc<audit_tail::Tails>,
}

impl Coffer {
    /// Over `store`, with the world's ports.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        pairs: Arc<dyn KeyPairs>,
    ) -> Self {
        Self {
            store,
            clock,
            entropy,
            pairs,
            holders: Arc::default(),
            subscribers: Arc::default(),
            tails: Arc::default(),
        }
    }

    /// The clock that everything here goes by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Where all randomness comes from.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    /// What makes key pairs. Slow: call it where blocking is allowed.
    pub fn key_pairs(&self) -> Arc<dyn KeyPairs> {
        Arc::clone(&self.pairs)
    }

    /// Hands over a commit, with what subscribers are to be told of it; `false` if it must be decided anew.
    async fn try_commit(&self, mut commit: Commit) -> Result<bool, Error> {
        self.note_expiries(&mut commit)?;
        self.tell_subscribers(&mut commit).await?;
        match self.store.commit(commit).await {
            Ok(()) => Ok(true),
            Err(CommitError::Precondition) => Ok(false),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }
}

/// Others kept coming first.
fn contended(what: impl std::fmt::Display) -> Error {
    Error::Conflict(format!(
        "{what} is being changed by others at the same time; try again"
    ))
}

/// The name among `known` that is closest to `wanted`, if it is close.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let distance = |name: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), &wanted.to_lowercase());
    let best = known.into_iter().min_by_key(distance)?;
    (distance(&best) <= 1 + wanted.len() / 4).then(|| best.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_close_is_suggested() {
        let known = ["DATABASE_URL", "API_KEY"];
        assert_eq!(nearest("DATABSE_URL", known), Some("DATABASE_URL".into()));
        assert_eq!(nearest("api_key", known), Some("API_KEY".into()));
        assert_eq!(nearest("SOMETHING_ELSE", known), None);
    }
}
