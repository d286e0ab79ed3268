//! Activity: what a session did, as it is shown to itself. The audit chain is the truth; this is its readable
//! shadow, kept for ninety days, and written some at a time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Keyway, Session, door};
use crate::{
    Error,
    record::{Collection, Document, Kept, RecordQuery},
    store::Commit,
    usecase::documents,
};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The most that one commit takes.
const BATCH: usize = 256;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Whose it is, as [`Session::actor`] says.
    pub actor: String,
    /// What, such as `secrets_pulled`.
    pub action: String,
    /// With what kind of program.
    pub platform: String,
    /// Names and numbers; no values.
    pub metadata: BTreeMap<String, serde_json::Value>,
    /// From where.
    pub address: String,
    /// What the program calls itself.
    pub user_agent: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Document for Activity {
    const COLLECTION: Collection = Collection::new("keyway.activity");
    const NOUN: &'static str = "activity";

    fn group(&self) -> String {
        self.actor.clone()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.at.checked_add(KEPT_FOR).ok()
    }
}

impl Keyway {
    /// Keeps what was done, in this order.
    pub async fn keep_activity(&self, done: Vec<Activity>) -> Result<(), Error> {
        let (home, coffer) = (self.home().await?, &self.coffer);
        for part in done.chunks(BATCH) {
            let mut commit = Commit {
                organization: home,
                preconditions: Vec::new(),
                writes: Vec::new(),
                audit: coffer.document_event::<Activity>(&door(), "keep", HOME_LOG),
                changes: Vec::new(),
            };
            // Ids made within a millisecond are in no order: the number is.
            let batch = coffer.fresh_key("");
            for (number, one) in part.iter().enumerate() {
                let key = format!("{batch}-{number:04}");
                let draft = coffer.draft(home, &key, None, one.clone(), None)?;
                commit.preconditions.push(draft.precondition);
                commit.writes.push(draft.write);
            }
            coffer.try_commit(commit).await?;
        }
        Ok(())
    }

    /// What a session did, the latest first, and how much that is in all.
    pub async fn activity(
        &self,
        session: &Session,
        skip: u32,
        limit: u32,
    ) -> Result<(Vec<Kept<Activity>>, u64), Error> {
        let actor = session.actor();
        let query = RecordQuery {
            organization: self.home().await?,
            collection: Activity::COLLECTION,
            group: Some(&actor),
            after: None,
            descending: true,
            skip,
            limit,
            now: self.coffer.clock().now(),
        };
        let total = self.coffer.store.count_records(&query).await?;
        let found = self.coffer.store.records(&query).await?.into_iter();
        Ok((found.map(documents::read).collect::<Result<_, _>>()?, total))
    }
}

const HOME_LOG: &str = "log";
