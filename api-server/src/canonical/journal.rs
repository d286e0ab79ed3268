//! What was done through this door lately, in memory: for `/audit` and `/events`, which are for development. The audit
//! log that lasts is the domain's.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;

/// How many records are kept.
const MOST: usize = 1000;

/// Something that was done or refused. No URI and no value is in it.
#[derive(Debug)]
pub struct Record {
    /// Its number, from 1.
    pub number: u64,
    /// Whose record it is.
    pub tenant: String,
    /// What the stream calls it.
    pub signal: &'static str,
    /// All of it, as `/audit` shows it.
    pub shown: Value,
}

/// The latest records.
#[derive(Debug)]
pub struct Journal {
    records: Mutex<VecDeque<Arc<Record>>>,
    latest: watch::Sender<u64>,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            records: Mutex::default(),
            latest: watch::channel(0).0,
        }
    }
}

impl Journal {
    /// Notes one more.
    pub fn note(&self, tenant: &str, signal: &'static str, shown: Value) {
        let mut records = self.records.lock();
        let number = records.back().map_or(0, |record| record.number) + 1;
        if records.len() == MOST {
            records.pop_front();
        }
        records.push_back(Arc::new(Record {
            number,
            tenant: tenant.to_owned(),
            signal,
            shown,
        }));
        self.latest.send_replace(number);
    }

    /// A tenant's records, newest first.
    pub fn newest(&self, tenant: &str) -> Vec<Arc<Record>> {
        let records = self.records.lock();
        records
            .iter()
            .rev()
            .filter(|record| record.tenant == tenant)
            .cloned()
            .collect()
    }

    /// The records after one, oldest first; `None`: some of them are not kept any more.
    pub fn after(&self, number: u64) -> Option<Vec<Arc<Record>>> {
        let records = self.records.lock();
        let oldest = records.front().map_or(1, |record| record.number);
        let kept = number.saturating_add(1) >= oldest;
        kept.then(|| {
            records
                .iter()
                .filter(|record| record.number > number)
                .cloned()
                .collect()
        })
    }

    /// The number before the oldest record that is kept.
    pub fn start(&self) -> u64 {
        self.records.lock().front().map_or(0, |record| record.number - 1)
    }

    /// The newest record's number: now, and whenever it rises.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_oldest_go_first_and_whoever_lags_is_told() {
        let journal = Journal::default();
        for number in 0..MOST + 5 {
            journal.note(
                if number % 2 == 0 { "a" } else { "b" },
                "secret.read",
                json!(number),
            );
        }
        assert_eq!(journal.newest("a").len(), MOST / 2);
        assert_eq!(journal.newest("a")[0].shown, json!(MOST + 4));
        assert_eq!(journal.start(), 5);
        assert!(journal.after(4).is_none());
        assert_eq!(journal.after(5).unwrap().len(), MOST);
        assert_eq!(journal.after(MOST as u64 + 5).unwrap().len(), 0);
        assert_eq!(*journal.watch().borrow(), MOST as u64 + 5);
    }
}
