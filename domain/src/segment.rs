//! Logs that doors show to people: lines, kept many at a time. A segment holds consecutive lines of one group, so that
//! what sealing and storing costs is paid once for all of them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    record::{Collection, Document},
    rights::Permission,
};

/// A kind of line.
pub trait Line: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// Where its segments are kept.
    const COLLECTION: Collection;
    /// What the log is called in errors and in the actions of the audit log.
    const NOUN: &'static str;
    /// What it takes, on the organization as a whole, to read the log.
    const READ: Permission;
    /// The most lines of a segment. A few lines that come later are added to it, which seals all of it anew.
    const SEGMENT_LINES: usize;
    /// How many of a group's newest lines are kept at least; `None`: all of them for as long as they live.
    const MOST_LINES: Option<u64>;
    /// For how long a segment is kept after its last line.
    const LIFE: SignedDuration;

    /// When it was written.
    fn at(&self) -> Timestamp;

    /// Whose it is: the lines of a group are in an order of their own. Without one, all lines are one group.
    fn group(&self) -> Option<&str> {
        None
    }
}

/// Consecutive lines of one group.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "L: Line")]
pub struct Segment<L> {
    /// The lines, oldest first; never none.
    pub lines: Vec<Arc<L>>,
}

impl<L: Line> Document for Segment<L> {
    const COLLECTION: Collection = L::COLLECTION;
    const NOUN: &'static str = L::NOUN;
    const READ: Permission = L::READ;
    const WRITE: Permission = L::READ;

    fn group(&self) -> String {
        let first = self.lines.first();
        first.and_then(|line| line.group()).unwrap_or_default().to_owned()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.lines.last()?.at().checked_add(L::LIFE).ok()
    }
}

/// The key of the segment whose first line is the group's line of this number. Keys sort as their numbers do.
pub fn key(group: &str, first: u64) -> String {
    if group.is_empty() {
        format!("{first:020}")
    } else {
        format!("{group}/{first:020}")
    }
}

/// The number of a segment's first line.
pub fn first_line(key: &str) -> Option<u64> {
    key.rsplit('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_the_number_of_the_first_line() {
        for (group, first) in [("", 0), ("", 300), ("user:7", 12), ("a/b", 5)] {
            assert_eq!(first_line(&key(group, first)), Some(first));
        }
        assert!(key("g", 9) < key("g", 10));
        assert_eq!(first_line("g/x"), None);
    }
}
