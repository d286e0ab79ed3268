//! Activity: what a session did, as it is shown to itself. The audit chain is the truth; this is its readable
//! shadow, kept for ninety days, many lines at a time.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Keyway, Session, door};
use crate::{Error, record::Collection, rights::Permission, segment::Line, usecase::segments::Numbered};

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Whose it is, as [`Session::actor`] says.
    pub actor: String,
    /// What, such as `secrets_pulled`.
    pub action: Cow<'static, str>,
    /// With what kind of program.
    pub platform: Cow<'static, str>,
    /// Names and numbers; no values.
    pub metadata: BTreeMap<Cow<'static, str>, serde_json::Value>,
    /// From where.
    pub address: IpAddr,
    /// What the program calls itself.
    pub user_agent: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Line for Activity {
    const COLLECTION: Collection = Collection::new("keyway.activities");
    const NOUN: &'static str = "activity";
    const READ: Permission = Permission::List;
    // Every session has segments of its own, and most do one thing at a time.
    const SEGMENT_LINES: usize = 64;
    const MOST_LINES: Option<u64> = None;
    const LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

    fn at(&self) -> Timestamp {
        self.at
    }

    fn group(&self) -> Option<&str> {
        Some(&self.actor)
    }
}

impl Keyway {
    /// Keeps what was done, in this order.
    pub async fn keep_activity(&self, done: &[Arc<Activity>]) -> Result<(), Error> {
        self.coffer.keep_lines(self.home().await?, &door(), done).await
    }

    /// What a session did, the latest first, and how much that is in all.
    pub async fn activity(
        &self,
        session: &Session,
        skip: u64,
        limit: usize,
    ) -> Result<(Vec<Numbered<Activity>>, u64), Error> {
        let (home, actor) = (self.home().await?, session.actor());
        self.coffer.newest_lines(home, &actor, (skip, limit)).await
    }
}
