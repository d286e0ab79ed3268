//! The other server whose values feed `VaultSecret`s: who waits for what of it, and what it said last.
//!
//! Reconcilers never wait for it: they say what they are about ([`Remotes::watch`], [`Remotes::values`]), go by what is
//! known, and are woken when that changes. One task ([`poll::run`]) asks the server, for all of them. KV version 2 has
//! no watch, so it asks for metadata at intervals, and for a value only when there is a version that somebody lacks.
//! What may be copied is the domain's to decide, what becomes of a value is the reconciler's.

mod book;
mod fault;
mod gate;
pub mod poll;
mod task;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use coffer_domain::{copy_rule::CopyRules, provider::Provider, secret_json::SecretJson};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

use book::Book;
pub use fault::Fault;
pub use task::{Facts, Key, User, View};

/// How often a path is looked at unless an object or the settings say otherwise.
pub const USUAL_REFRESH: Duration = Duration::from_mins(1);
/// No object is heard that asks for more.
pub const LEAST_REFRESH: Duration = Duration::from_secs(5);

/// What is known of the other server, and who waits for it.
pub struct Remotes {
    server: Option<Arc<dyn Provider>>,
    /// Which namespaces may copy what.
    pub rules: CopyRules,
    usual: Duration,
    book: Mutex<Book>,
    news: Notify,
}

impl Remotes {
    /// Of a server. Objects that do not say how often are served every `usual`.
    pub fn new(server: Arc<dyn Provider>, rules: CopyRules, usual: Duration) -> Self {
        Self {
            server: Some(server),
            rules,
            usual,
            ..Self::none()
        }
    }

    /// Without a server.
    pub fn none() -> Self {
        Self {
            server: None,
            rules: CopyRules::default(),
            usual: USUAL_REFRESH,
            book: Mutex::default(),
            news: Notify::new(),
        }
    }

    /// Whether there is a server.
    pub fn is_configured(&self) -> bool {
        self.server.is_some()
    }

    /// How often a path is looked at for an entry that says this.
    pub fn refresh(&self, asked: Option<Duration>) -> Duration {
        asked.map_or(self.usual, |every| every.max(LEAST_REFRESH))
    }

    /// From now on `user` watches these paths, each as often as said, and no others. What is known of each.
    pub fn watch(&self, user: &User, paths: &BTreeMap<Key, Duration>) -> BTreeMap<Key, View> {
        let mut book = self.book.lock();
        book.enlist(Instant::now(), user, paths, true);
        self.news.notify_one();
        paths.keys().map(|key| (key.clone(), book.view(key))).collect()
    }

    /// From now on `user` lacks these versions, and no others. Those that are here, or why they are not; they stay in
    /// memory for as long as somebody lacks them.
    pub fn values(
        &self,
        user: &User,
        versions: &BTreeMap<Key, Duration>,
    ) -> BTreeMap<Key, Result<SecretJson, Fault>> {
        let mut book = self.book.lock();
        book.enlist(Instant::now(), user, versions, false);
        self.news.notify_one();
        let known = versions
            .keys()
            .filter_map(|key| Some((key.clone(), book.value(key)?)));
        known.collect()
    }

    /// The object is gone.
    pub fn forget(&self, uid: &str) {
        self.book.lock().forget(uid);
    }
}
