//! Numbers for what clients address by number: from 1, ascending per table, never given twice. They are reserved
//! some at a time, as a database's sequence is, so that no two writers wait for each other: after a restart the
//! numbers that were reserved and not given stay unused. A thing is found by a keyed digest of its number.

use std::{collections::HashMap, ops::Range};

use futures::lock::Mutex;
use serde::{Deserialize, Serialize};

use super::{DOOR, KeyNest, door};
use crate::{
    Error,
    api_key::{ApiToken, TokenDigest},
    audit::Origin,
    record::{Collection, Document, Kept},
    usecase::{
        ATTEMPTS, contended,
        documents::{commit, read_found},
    },
};

/// How many are reserved at once.
const BLOCK: u64 = 32;

/// Reserved numbers that were not given yet, by table.
#[derive(Debug, Default)]
pub(super) struct Numbers(Mutex<HashMap<&'static str, Range<u64>>>);

/// The first number of a table that nobody reserved.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Counter {
    free: u64,
}

impl Document for Counter {
    const COLLECTION: Collection = Collection::new("keynest.counter");
    const NOUN: &'static str = "counter";
}

impl KeyNest {
    /// A number of `T`'s that was never given before.
    pub(super) async fn next_number<T: Document>(&self) -> Result<u64, Error> {
        let table = T::NOUN;
        let mut known = self.numbers.0.lock().await;
        let left = known.entry(table).or_default();
        if left.is_empty() {
            *left = self.reserve(table).await?;
        }
        // The range is not empty: the one just reserved never is.
        Ok(left.next().unwrap_or_default())
    }

    async fn reserve(&self, table: &str) -> Result<Range<u64>, Error> {
        let (home, coffer) = (self.home().await?, &self.coffer);
        let caller = door(Origin {
            door: DOOR,
            ..Origin::controller()
        });
        for _ in 0..ATTEMPTS {
            let found = coffer.kept::<Counter>(home, table).await?;
            let present = found.as_ref().map(|found| (found.revision, found.created_at));
            let first = found.map_or(1, |found| found.body.free);
            let free = first + BLOCK;
            let draft = coffer.draft(home, table, present, Counter { free }, None)?;
            let event = coffer.document_event::<Counter>(&caller, "reserve", table);
            if coffer
                .try_commit(commit(event, home, draft.precondition, draft.write))
                .await?
            {
                return Ok(first..free);
            }
        }
        Err(contended(table))
    }

    /// The keyed digest of a text of the door's own.
    pub(super) fn digest(&self, text: &str) -> Option<TokenDigest> {
        let token = ApiToken::parse(&format!("keynest-digest.{text}"))?;
        Some(self.coffer.store.digest(&token))
    }

    /// The `T` of this number, of whatever tenant: whether the caller may know of it is for the next question.
    pub(super) async fn numbered<T: Document>(&self, number: u64) -> Result<Option<Kept<T>>, Error> {
        let Some(digest) = self.digest(&found_by::<T>(number)) else {
            return Ok(None);
        };
        let found = self.coffer.store.record_by_digest(T::COLLECTION, &digest).await?;
        found.as_deref().map(read_found).transpose()
    }
}

/// What a `T` of this number is found by.
pub(super) fn found_by<T: Document>(number: u64) -> String {
    format!("number.{}.{number}", T::NOUN)
}
