//! The newest records of audit logs that are searched, in memory and small: what a search asks about, each text once.
//! Records never change, so that each is parsed once by each server, and a later search reads what has come since.
//!
//! It knows no rights: who asks was let in before.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::Arc,
};

use futures::lock::Mutex;
use jiff::Timestamp;

use super::MAX_PAGE;
use crate::{
    Error,
    audit::{AuditEvent, AuditRecord, Outcome},
    id::OrgId,
    store::Store,
};

/// The most records that one search looks at, from the newest.
pub const MOST_LOOKED_AT: usize = 50_000;
/// How many organizations' are kept; the one that was searched longest ago goes.
const KEPT: usize = 4;

/// Which events, by number and content. Of the content there is who, what, on what, when, how it ended, versions and
/// door.
pub type Wanted<'a> = &'a (dyn Fn(u64, &AuditEvent) -> bool + Send + Sync);

/// The tails, the one searched last at the end.
#[derive(Debug, Default)]
pub(super) struct Tails(parking_lot::Mutex<Vec<(OrgId, Shared)>>);

type Shared = Arc<Mutex<Tail>>;

/// The numbers of what was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Met {
    /// The newest ones below the number that was said, newest first.
    pub(super) numbers: Vec<u64>,
    /// How many there are in all, whatever was said.
    pub(super) total: u64,
    /// Whether there are more below than were asked for.
    pub(super) more: bool,
}

impl Tails {
    /// The tail of an organization, and up to date.
    pub(super) async fn search(
        &self,
        store: &dyn Store,
        tenant: OrgId,
        wanted: Wanted<'_>,
        (before, limit): (Option<u64>, usize),
    ) -> Result<Met, Error> {
        let shared = self.shared(tenant);
        let mut tail = shared.lock().await;
        tail.catch_up(store, tenant).await?;
        Ok(tail.search(wanted, before, limit))
    }

    fn shared(&self, tenant: OrgId) -> Shared {
        let mut all = self.0.lock();
        let at = all.iter().position(|(id, _)| *id == tenant);
        let own = match at {
            Some(at) => all.remove(at),
            None => (tenant, Shared::default()),
        };
        if all.len() >= KEPT {
            all.remove(0);
        }
        let shared = Arc::clone(&own.1);
        all.push(own);
        shared
    }
}

/// One organization's.
#[derive(Debug, Default)]
struct Tail {
    /// The number of the last record that was read.
    last: u64,
    /// By number without gaps, the last one at the end; `None` is a record that does not parse, which is for
    /// verification to find.
    facts: VecDeque<Option<Fact>>,
    texts: Once<String>,
    versions: Once<Vec<String>>,
}

/// What is kept of an event; texts by where they are.
#[derive(Debug, Clone, Copy)]
struct Fact {
    at: Timestamp,
    principal: u32,
    action: u32,
    target: u32,
    door: u32,
    versions: u32,
    allowed: bool,
}

impl Tail {
    async fn catch_up(&mut self, store: &dyn Store, tenant: OrgId) -> Result<(), Error> {
        let newest = store.audit_before(tenant, None, 1).await?;
        let newest = newest.first().map_or(0, |record| record.sequence);
        let oldest = newest.saturating_sub(MOST_LOOKED_AT as u64);
        if self.last < oldest {
            *self = Self {
                last: oldest,
                ..Self::default()
            };
        }
        while self.last < newest {
            let records = store.audit(tenant, self.last, MAX_PAGE).await?;
            if records.is_empty() {
                break;
            }
            for record in &records {
                self.push(record);
            }
        }
        // Texts that nothing speaks of any more go all at once, now and then.
        if self.facts.len() >= 2 * MOST_LOOKED_AT {
            self.compact();
        }
        Ok(())
    }

    fn push(&mut self, record: &AuditRecord) {
        let fact = record.parse().ok().map(|event| Fact {
            at: event.at,
            principal: self.texts.place(event.principal),
            action: self.texts.place(event.action),
            target: self.texts.place(event.target),
            door: self.texts.place(event.door),
            versions: self.versions.place(event.versions),
            allowed: event.outcome == Outcome::Allowed,
        });
        self.facts.push_back(fact);
        self.last = record.sequence;
    }

    fn compact(&mut self) {
        let old = std::mem::take(self);
        self.last = old.last;
        let surplus = old.facts.len().saturating_sub(MOST_LOOKED_AT);
        for fact in old.facts.into_iter().skip(surplus) {
            let mut text = |at: u32| self.texts.place(old.texts.get(at).cloned().unwrap_or_default());
            let fact = fact.map(|fact| Fact {
                principal: text(fact.principal),
                action: text(fact.action),
                target: text(fact.target),
                door: text(fact.door),
                versions: self
                    .versions
                    .place(old.versions.get(fact.versions).cloned().unwrap_or_default()),
                ..fact
            });
            self.facts.push_back(fact);
        }
    }

    /// Looks at the newest ones through one event that is filled again and again.
    fn search(&self, wanted: Wanted<'_>, before: Option<u64>, limit: usize) -> Met {
        let mut met = Met::default();
        let mut event = blank();
        let newest = self.facts.iter().rev().take(MOST_LOOKED_AT);
        for (fact, number) in newest.zip((1..=self.last).rev()) {
            let Some(fact) = fact else {
                continue;
            };
            self.fill(&mut event, fact);
            if !wanted(number, &event) {
                continue;
            }
            met.total += 1;
            if before.is_none_or(|before| number < before) {
                if met.numbers.len() < limit {
                    met.numbers.push(number);
                } else {
                    met.more = true;
                }
            }
        }
        met
    }

    fn fill(&self, event: &mut AuditEvent, fact: &Fact) {
        let over = |old: &mut String, at: u32| match self.texts.get(at) {
            Some(text) => old.clone_from(text),
            None => old.clear(),
        };
        over(&mut event.principal, fact.principal);
        over(&mut event.action, fact.action);
        over(&mut event.target, fact.target);
        over(&mut event.door, fact.door);
        match self.versions.get(fact.versions) {
            Some(versions) => event.versions.clone_from(versions),
            None => event.versions.clear(),
        }
        event.at = fact.at;
        event.outcome = if fact.allowed {
            Outcome::Allowed
        } else {
            Outcome::Denied
        };
    }
}

fn blank() -> AuditEvent {
    AuditEvent {
        at: Timestamp::UNIX_EPOCH,
        principal: String::new(),
        action: String::new(),
        target: String::new(),
        outcome: Outcome::Allowed,
        versions: Vec::new(),
        counts: std::collections::BTreeMap::new(),
        door: String::new(),
        address: None,
        request: None,
        agent: None,
        key: None,
    }
}

/// Things of which each is kept once, by where it is.
#[derive(Debug)]
struct Once<T> {
    places: HashMap<Arc<T>, u32>,
    things: Vec<Arc<T>>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            things: Vec::new(),
        }
    }
}

impl<T: Eq + Hash> Once<T> {
    fn place(&mut self, thing: T) -> u32 {
        if let Some(place) = self.places.get(&thing) {
            return *place;
        }
        // There are never more things than five to each of a hundred thousand records.
        let place = u32::try_from(self.things.len()).unwrap_or(u32::MAX);
        let thing = Arc::new(thing);
        self.places.insert(Arc::clone(&thing), place);
        self.things.push(thing);
        place
    }

    fn get(&self, place: u32) -> Option<&T> {
        self.things.get(place as usize).map(|thing| &**thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sequence: u64, action: &str, versions: &[&str]) -> AuditRecord {
        let event = AuditEvent {
            principal: "key:1".to_owned(),
            action: action.to_owned(),
            target: format!("t{}", sequence % 7),
            versions: versions.iter().map(|it| (*it).to_owned()).collect(),
            ..blank()
        };
        AuditRecord {
            sequence,
            event: event.canonical(),
            hash: [0; 32],
        }
    }

    fn tail(count: u64) -> Tail {
        let mut tail = Tail::default();
        for sequence in 1..=count {
            tail.push(&record(sequence, "secret.read", &["1"]));
        }
        tail
    }

    #[test]
    fn what_is_met_is_counted_and_given_below_a_number() {
        let mut tail = tail(10);
        tail.push(&record(11, "secret.write", &["A@1"]));
        tail.push(&AuditRecord {
            sequence: 12,
            event: b"no event".to_vec(),
            hash: [0; 32],
        });
        tail.push(&record(13, "secret.read", &[]));
        let reads = |_: u64, event: &AuditEvent| event.action == "secret.read";
        let met = tail.search(&reads, Some(10), 3);
        assert_eq!((met.numbers, met.total, met.more), (vec![9, 8, 7], 11, true));
        let met = tail.search(&reads, None, 100);
        assert_eq!((met.numbers.len(), met.numbers[0], met.more), (11, 13, false));
        let first = |_: u64, event: &AuditEvent| event.versions == ["A@1"] && event.target == "t4";
        assert_eq!(tail.search(&first, None, 1).numbers, [11]);
        let none = tail.search(&|_, _| false, None, 1);
        assert_eq!(none, Met::default());
    }

    #[test]
    fn only_the_newest_are_looked_at_and_compacting_changes_nothing() {
        let most = MOST_LOOKED_AT as u64;
        let mut tail = tail(most + 10);
        let all = |_: u64, _: &AuditEvent| true;
        let before = tail.search(&all, Some(13), 5);
        assert_eq!((before.numbers, before.total), (vec![12, 11], most));
        tail.push(&record(most + 11, "secret.write", &["B@1"]));
        tail.compact();
        assert_eq!((tail.facts.len(), tail.last), (MOST_LOOKED_AT, most + 11));
        let third = |_: u64, event: &AuditEvent| event.target == "t3";
        let met = tail.search(&third, None, usize::MAX);
        assert!(met.numbers.iter().all(|number| number % 7 == 3));
        assert_eq!(
            met.total,
            (12..=most + 11).filter(|number| number % 7 == 3).count() as u64
        );
        let written = |_: u64, event: &AuditEvent| event.versions == ["B@1"];
        assert_eq!(tail.search(&written, None, 1).numbers, [most + 11]);
    }

    #[test]
    fn the_one_searched_longest_ago_goes() {
        let tails = Tails::default();
        let id = |number: u128| OrgId::from_bytes(u128::to_be_bytes(number));
        for number in [1, 2, 3, 4, 1, 5] {
            tails.shared(id(number));
        }
        let kept: Vec<OrgId> = tails.0.lock().iter().map(|(id, _)| *id).collect();
        assert_eq!(kept, [3, 4, 1, 5].map(id));
    }
}
