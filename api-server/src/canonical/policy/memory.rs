//! What the policy decision point said lately: decisions, never values.

use std::collections::HashMap;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::answer::Decision;

/// The most decisions remembered; the next one empties the shelf.
const MOST: usize = 10_000;

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub subject: String,
    pub tenant: String,
    pub uri: String,
    pub purpose: &'static str,
}

/// What is remembered.
#[derive(Debug, Clone)]
pub enum Remembered {
    /// It was permitted, and this was one of the times.
    Permitted(Decision),
    /// It was denied.
    Denied(Decision),
}

#[derive(Debug)]
struct Line {
    decision: Decision,
    until: Timestamp,
    left: u64,
}

/// The shelf.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<Key, Line>>);

impl Memory {
    /// What is remembered at `now`. A permission that is used up, or over, is not.
    pub fn recall(&self, key: &Key, now: Timestamp) -> Option<Remembered> {
        let mut lines = self.0.lock();
        let line = lines.get_mut(key)?;
        if line.until <= now || (line.decision.permits && line.left == 0) {
            lines.remove(key);
            return None;
        }
        if !line.decision.permits {
            return Some(Remembered::Denied(line.decision.clone()));
        }
        line.left -= 1;
        Some(Remembered::Permitted(line.decision.clone()))
    }

    /// Remembers a permission that is good so many times more.
    pub fn permit(&self, key: Key, decision: Decision, until: Timestamp, left: u64) {
        if left > 0 {
            self.keep(
                key,
                Line {
                    decision,
                    until,
                    left,
                },
            );
        }
    }

    /// Remembers a denial.
    pub fn deny(&self, key: Key, decision: Decision, until: Timestamp) {
        self.keep(
            key,
            Line {
                decision,
                until,
                left: 0,
            },
        );
    }

    fn keep(&self, key: Key, line: Line) {
        let mut lines = self.0.lock();
        if lines.len() >= MOST {
            lines.clear();
        }
        lines.insert(key, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key {
            subject: "alice".into(),
            tenant: "acme".into(),
            uri: "yaml://secret/a".into(),
            purpose: "execute",
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_permission_is_good_so_often_and_so_long() {
        let memory = Memory::default();
        let permitted = Decision {
            permits: true,
            ..Decision::default()
        };
        memory.permit(key(), permitted.clone(), at(10), 2);
        for expected in [true, true, false] {
            assert_eq!(memory.recall(&key(), at(1)).is_some(), expected);
        }
        memory.permit(key(), permitted.clone(), at(10), 2);
        assert!(memory.recall(&key(), at(10)).is_none());
        memory.permit(key(), permitted, at(10), 0);
        assert!(memory.recall(&key(), at(1)).is_none());
        let other = Key {
            purpose: "write",
            ..key()
        };
        memory.deny(key(), Decision::default(), at(10));
        assert!(matches!(
            memory.recall(&key(), at(9)),
            Some(Remembered::Denied(_))
        ));
        assert!(memory.recall(&other, at(9)).is_none());
        assert!(memory.recall(&key(), at(10)).is_none());
    }
}
