//! Counts in fixed windows, in bounded memory.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hash},
};

use jiff::Timestamp;
use parking_lot::Mutex;

use super::Rate;

/// Locks that counting is spread over.
const SHARDS: usize = 16;
/// The most keys that a lock's map holds: 64 Ki in all, some 3 MiB.
const LARGEST: usize = 4096;

/// Where a count stands after one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many there were in this window, this one included.
    pub taken: u32,
    /// When the window ends, in Unix seconds.
    pub ends: i64,
}

/// Counts by key. Only a keyed hash of what was counted is held.
#[derive(Debug)]
pub struct Windows {
    hasher: RandomState,
    shards: [Mutex<HashMap<u64, Count>>; SHARDS],
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl Windows {
    /// The number that stands for `key` here, and in no other process.
    pub fn key(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Counts one more of `key`.
    pub fn take(&self, key: u64, rate: Rate, now: Timestamp) -> Count {
        let (now, ends) = (now.as_second(), end_of_window(rate, now));
        let mut shard = self.shard(key).lock();
        if shard.len() >= LARGEST && !shard.contains_key(&key) {
            make_room(&mut shard, now);
        }
        let count = shard.entry(key).or_insert(Count { taken: 0, ends });
        if count.ends != ends {
            *count = Count { taken: 0, ends };
        }
        count.taken = count.taken.saturating_add(1);
        *count
    }

    /// How often `key` was counted in the present window.
    pub fn look(&self, key: u64, rate: Rate, now: Timestamp) -> Count {
        let ends = end_of_window(rate, now);
        let found = self.shard(key).lock().get(&key).copied();
        found
            .filter(|count| count.ends == ends)
            .unwrap_or(Count { taken: 0, ends })
    }

    fn shard(&self, key: u64) -> &Mutex<HashMap<u64, Count>> {
        // The remainder is below the number of shards, which is far below any platform's `usize`.
        &self.shards[usize::try_from(key % SHARDS as u64).unwrap_or_default()]
    }
}

/// Windows start at whole multiples of their length, for everyone alike.
fn end_of_window(rate: Rate, now: Timestamp) -> i64 {
    let length = i64::from(rate.seconds.max(1));
    (now.as_second().div_euclid(length) + 1) * length
}

/// Forgets what has ended; if all are going on, half of them, whichever. A flood of keys then makes counts too
/// low and never memory too large.
fn make_room(shard: &mut HashMap<u64, Count>, now: i64) {
    shard.retain(|_, count| count.ends > now);
    if shard.len() >= LARGEST {
        let mut keep = false;
        shard.retain(|_, _| {
            keep = !keep;
            keep
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_window_counts_up_and_starts_anew() {
        let (windows, rate) = (Windows::default(), Rate::a_minute(2));
        let key = windows.key("a");
        assert_eq!(windows.take(key, rate, at(0)), Count { taken: 1, ends: 60 });
        assert_eq!(windows.take(key, rate, at(59)), Count { taken: 2, ends: 60 });
        assert_eq!(windows.look(key, rate, at(59)).taken, 2);
        assert_eq!(windows.look(key, rate, at(60)).taken, 0);
        assert_eq!(windows.take(key, rate, at(60)), Count { taken: 1, ends: 120 });
        assert_eq!(windows.take(windows.key("b"), rate, at(60)).taken, 1);
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let (windows, rate) = (Windows::default(), Rate::a_minute(2));
        for key in 0..300_000_u64 {
            windows.take(key, rate, at(0));
        }
        let held: usize = windows.shards.iter().map(|shard| shard.lock().len()).sum();
        assert!(held <= SHARDS * LARGEST, "{held}");
    }
}
