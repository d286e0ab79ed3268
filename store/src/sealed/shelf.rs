//! Rows that every request needs, by one key, as they were under one epoch of rights. That there is no such row is not
//! remembered.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

use parking_lot::RwLock;

/// Above this many rows it starts anew.
const MOST_ROWS: usize = 10_000;

/// The rows.
pub(super) struct Shelf<K, V>(RwLock<Epoch<K, V>>);

struct Epoch<K, V> {
    number: u64,
    rows: HashMap<K, V>,
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(RwLock::new(Epoch {
            number: 0,
            rows: HashMap::new(),
        }))
    }
}

impl<K: Hash + Eq, V: Clone> Shelf<K, V> {
    /// The row, if it was read in this epoch.
    pub(super) fn get<Q: Hash + Eq + ?Sized>(&self, epoch: u64, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let held = self.0.read();
        (held.number == epoch)
            .then(|| held.rows.get(key).cloned())
            .flatten()
    }

    /// Keeps a row that was asked for when the epoch was `epoch`.
    pub(super) fn put(&self, epoch: u64, key: K, row: V) {
        let mut held = self.0.write();
        if held.number < epoch || held.rows.len() >= MOST_ROWS {
            *held = Epoch {
                number: held.number.max(epoch),
                rows: HashMap::new(),
            };
        }
        // A newer epoch may have begun while the row was being read: then it may be an old row.
        if held.number == epoch {
            held.rows.insert(key, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_good_for_its_epoch_only() {
        let shelf = Shelf::default();
        shelf.put(3, "a", 1);
        assert_eq!((shelf.get(3, "a"), shelf.get(4, "a")), (Some(1), None));
        shelf.put(4, "a", 2);
        assert_eq!((shelf.get(3, "a"), shelf.get(4, "a")), (None, Some(2)));
    }

    #[test]
    fn a_row_read_before_a_change_does_not_replace_one_read_after() {
        let shelf = Shelf::default();
        shelf.put(4, "a", 2);
        shelf.put(3, "a", 1);
        assert_eq!((shelf.get(3, "a"), shelf.get(4, "a")), (None, Some(2)));
    }
}
