//! How often a Secret that others keep changing is put right: at once, then ever more rarely, so that two
//! programs that disagree do not keep the API server busy.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_mins(5);
/// A Secret that stayed as it was for this long starts over.
const FORGIVEN: Duration = Duration::from_mins(15);

/// The last repair of each Secret, and how many there were.
#[derive(Debug, Default)]
pub struct Repairs(Mutex<HashMap<String, (u32, Instant)>>);

impl Repairs {
    /// Whether the Secret of this uid may be put right at `now`; if so, that counts as a repair.
    pub fn allows(&self, uid: &str, now: Instant) -> bool {
        let mut repairs = self.0.lock();
        repairs.retain(|_, (_, last)| now.saturating_duration_since(*last) < FORGIVEN);
        let Some((count, last)) = repairs.get_mut(uid) else {
            repairs.insert(uid.to_owned(), (1, now));
            return true;
        };
        let pause = FIRST.saturating_mul(1 << (*count - 1).min(16)).min(LONGEST);
        if now.saturating_duration_since(*last) < pause {
            return false;
        }
        (*count, *last) = (count.saturating_add(1), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn repairs_become_rarer_and_are_forgiven_in_time() {
        let repairs = Repairs::default();
        let begun = Instant::now();
        let within = |seconds: u64| (0..seconds * 100).map(|tick| begun + Duration::from_millis(tick * 10));
        let made = within(60).filter(|now| repairs.allows("a", *now)).count();
        assert!((5..=10).contains(&made), "{made} in a minute of constant change");
        assert!(repairs.allows("b", begun), "another Secret");
        let later = begun + Duration::from_mins(80);
        assert!(repairs.allows("a", later));
        assert!(repairs.allows("a", later + FIRST), "it started over");
    }
}
