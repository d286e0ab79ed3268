//! Ids that were seen lately, in bounded memory. What is remembered is never dropped for want of room before its time
//! is over: then nothing new is taken, so that a flood cannot wash an id away that protects.

use std::{collections::HashMap, hash::Hash};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

/// The most ids taken in one window of time; twice as many are held.
const MOST: usize = 100_000;

/// Whether an id was seen before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<V> {
    /// Now for the first time; it is remembered.
    First,
    /// Before, with this.
    Before(V),
    /// There is no room to remember it.
    Crowded,
}

type Half<K, V> = HashMap<K, (Timestamp, V)>;

struct Halves<K, V> {
    young: Half<K, V>,
    old: Half<K, V>,
    turned: Timestamp,
}

/// What is remembered, each for the same time.
pub struct Window<K, V> {
    lasts: SignedDuration,
    most: usize,
    halves: Mutex<Halves<K, V>>,
}

impl<K: Hash + Eq, V: Clone> Window<K, V> {
    /// Remembers for so long.
    pub fn new(lasts: SignedDuration) -> Self {
        Self::of(lasts, MOST)
    }

    fn of(lasts: SignedDuration, most: usize) -> Self {
        Self {
            lasts,
            most,
            halves: Mutex::new(Halves {
                young: HashMap::new(),
                old: HashMap::new(),
                turned: Timestamp::MIN,
            }),
        }
    }

    /// Remembers `key` with `value` from `now` on, if it is not remembered.
    pub fn note(&self, key: K, value: V, now: Timestamp) -> Seen<V> {
        let after = |from: Timestamp| from.saturating_add(self.lasts).unwrap_or(Timestamp::MAX);
        let mut halves = self.halves.lock();
        // What is in the old half at a turn is older than a window.
        if now >= after(halves.turned) {
            halves.old = std::mem::take(&mut halves.young);
            halves.turned = now;
        }
        let live = |half: &Half<K, V>| half.get(&key).filter(|(until, _)| *until > now).cloned();
        if let Some((_, before)) = live(&halves.young).or_else(|| live(&halves.old)) {
            return Seen::Before(before);
        }
        if halves.young.len() >= self.most {
            return Seen::Crowded;
        }
        halves.young.insert(key, (after(now), value));
        Seen::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_id_is_remembered_for_its_time_and_no_longer() {
        let window = Window::new(SignedDuration::from_secs(10));
        assert_eq!(window.note("a", 1, at(100)), Seen::First);
        assert_eq!(window.note("b", 2, at(109)), Seen::First);
        assert_eq!(window.note("a", 3, at(109)), Seen::Before(1));
        // The halves have turned.
        assert_eq!(window.note("b", 3, at(110)), Seen::Before(2));
        assert_eq!(window.note("a", 4, at(110)), Seen::First);
        assert_eq!(window.note("b", 3, at(118)), Seen::Before(2));
        assert_eq!(window.note("b", 5, at(119)), Seen::First);
        assert_eq!(window.note("a", 6, at(119)), Seen::Before(4));
        assert_eq!(window.note("b", 6, at(121)), Seen::Before(5));
    }

    #[test]
    fn a_full_window_takes_nothing_new_and_forgets_nothing() {
        let window = Window::of(SignedDuration::from_secs(10), 2);
        for id in ["a", "b"] {
            assert_eq!(window.note(id, (), at(0)), Seen::First);
        }
        assert_eq!(window.note("c", (), at(9)), Seen::Crowded);
        assert_eq!(window.note("a", (), at(9)), Seen::Before(()));
        assert_eq!(window.note("c", (), at(10)), Seen::First);
        let halves = window.halves.lock();
        assert!(halves.young.len() + halves.old.len() <= 4);
    }
}
