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
    /// It was permitted to another sender.
    Drifted,
}

/// A permission, or a denial.
#[derive(Debug)]
pub struct Permission {
    /// What was said.
    pub decision: Decision,
    /// What the token was bound to that it was said of.
    pub binding: Option<String>,
    /// Until when it is good.
    pub until: Timestamp,
    /// How often it is good.
    pub left: u64,
}

/// The shelf.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<Key, Permission>>);

impl Memory {
    /// What is remembered at `now`, for a sender whose token is bound to `binding`. A permission that is used up, or
    /// over, is not. One that was given to a bound token is for tokens that are bound to the same.
    pub fn recall(&self, key: &Key, binding: Option<&str>, now: Timestamp) -> Option<Remembered> {
        let mut lines = self.0.lock();
        let line = lines.get_mut(key)?;
        if line.until <= now || (line.decision.permits && line.left == 0) {
            lines.remove(key);
            return None;
        }
        if !line.decision.permits {
            return Some(Remembered::Denied(line.decision.clone()));
        }
        if line.binding.is_some() && line.binding.as_deref() != binding {
            return Some(Remembered::Drifted);
        }
        line.left -= 1;
        Some(Remembered::Permitted(line.decision.clone()))
    }

    /// Remembers a permission that is good so many times more.
    pub fn permit(&self, key: Key, permission: Permission) {
        if permission.left > 0 {
            self.keep(key, permission);
        }
    }

    /// Remembers a denial.
    pub fn deny(&self, key: Key, decision: Decision, until: Timestamp) {
        self.keep(
            key,
            Permission {
                decision,
                binding: None,
                until,
                left: 0,
            },
        );
    }

    fn keep(&self, key: Key, line: Permission) {
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

    fn permission(binding: Option<&str>, left: u64) -> Permission {
        Permission {
            decision: Decision {
                permits: true,
                ..Decision::default()
            },
            binding: binding.map(str::to_owned),
            until: at(10),
            left,
        }
    }

    #[test]
    fn a_permission_is_good_so_often_and_so_long() {
        let memory = Memory::default();
        memory.permit(key(), permission(None, 2));
        for expected in [true, true, false] {
            assert_eq!(memory.recall(&key(), None, at(1)).is_some(), expected);
        }
        memory.permit(key(), permission(None, 2));
        assert!(memory.recall(&key(), None, at(10)).is_none());
        memory.permit(key(), permission(None, 0));
        assert!(memory.recall(&key(), None, at(1)).is_none());
        let other = Key {
            purpose: "write",
            ..key()
        };
        memory.deny(key(), Decision::default(), at(10));
        assert!(matches!(
            memory.recall(&key(), None, at(9)),
            Some(Remembered::Denied(_))
        ));
        assert!(memory.recall(&other, None, at(9)).is_none());
        assert!(memory.recall(&key(), None, at(10)).is_none());
    }

    #[test]
    fn what_a_bound_token_may_is_not_for_others() {
        let memory = Memory::default();
        memory.permit(key(), permission(Some("one"), 2));
        for other in [None, Some("two")] {
            let found = memory.recall(&key(), other, at(1));
            assert!(matches!(found, Some(Remembered::Drifted)), "{other:?}");
        }
        let found = memory.recall(&key(), Some("one"), at(1));
        assert!(matches!(found, Some(Remembered::Permitted(_))));
        assert!(memory.recall(&key(), Some("two"), at(10)).is_none(), "it is over");
        memory.permit(key(), permission(None, 1));
        let found = memory.recall(&key(), Some("two"), at(1));
        assert!(matches!(found, Some(Remembered::Permitted(_))));
    }
}
