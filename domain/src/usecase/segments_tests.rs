use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    port::Clock,
    record::Collection,
    rights::Permission,
    testkit::{ManualClock, MemoryStore, NoKeyPairs, SeededEntropy},
};

/// A line of a log that keeps very few.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Mark {
    of: String,
    text: String,
    at: Timestamp,
}

impl Line for Mark {
    const COLLECTION: Collection = Collection::new("mark");
    const NOUN: &'static str = "mark";
    const READ: Permission = Permission::List;
    const SEGMENT_LINES: usize = 4;
    const MOST_LINES: Option<u64> = Some(10);
    const LIFE: SignedDuration = SignedDuration::from_secs(100);

    fn at(&self) -> Timestamp {
        self.at
    }

    fn group(&self) -> Option<&str> {
        Some(&self.of)
    }
}

struct World {
    coffer: Coffer,
    clock: Arc<ManualClock>,
    tenant: OrgId,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap()));
        let entropy = Arc::new(SeededEntropy::new(1));
        let coffer = Coffer::new(MemoryStore::new(), clock.clone(), entropy, Arc::new(NoKeyPairs));
        let name = crate::name::OrgName::new("team").unwrap();
        let controller = Caller::controller();
        let made = coffer.ensure_organization(&controller, &name);
        let tenant = futures::executor::block_on(made).unwrap().id;
        Self {
            coffer,
            clock,
            tenant,
        }
    }

    fn keep(&self, marks: &[(&str, &str)]) {
        let at = self.clock.now();
        let mark = |(of, text): &(&str, &str)| {
            Arc::new(Mark {
                of: (*of).to_owned(),
                text: (*text).to_owned(),
                at,
            })
        };
        let lines: Vec<_> = marks.iter().map(mark).collect();
        let controller = Caller::controller();
        let kept = self.coffer.keep_lines(self.tenant, &controller, &lines);
        futures::executor::block_on(kept).unwrap();
    }

    /// The numbers and texts of a page, newest first, and how many there are in all.
    fn page(&self, of: &str, skip: u64, limit: usize) -> (String, u64) {
        let found = self.coffer.newest_lines::<Mark>(self.tenant, of, (skip, limit));
        let (found, total) = futures::executor::block_on(found).unwrap();
        let shown: Vec<String> = found
            .iter()
            .map(|it| format!("{}{}", it.number, it.line.text))
            .collect();
        (shown.join(" "), total)
    }

    fn all(&self, of: &str) -> String {
        let found = self.coffer.lines_of(self.tenant, of, |_: &Mark| true);
        let found = futures::executor::block_on(found).unwrap();
        let texts: Vec<&str> = found.iter().map(|line| line.text.as_str()).collect();
        texts.join("")
    }
}

#[test]
fn pages_go_across_segments_of_any_length() {
    let world = World::new();
    for some in [
        &[("x", "a")][..],
        &[("x", "b"), ("x", "c")],
        &[("x", "d"), ("x", "e"), ("x", "f"), ("x", "g"), ("x", "h")],
        &[("x", "i")],
    ] {
        world.keep(some);
    }
    assert_eq!(world.all("x"), "abcdefghi");
    assert_eq!(world.page("x", 0, 3), ("8i 7h 6g".into(), 9));
    assert_eq!(world.page("x", 3, 4), ("5f 4e 3d 2c".into(), 9));
    assert_eq!(world.page("x", 7, 9), ("1b 0a".into(), 9));
    assert_eq!(world.page("x", 9, 9), (String::new(), 9));
    assert_eq!(world.page("x", u64::MAX, 9), (String::new(), 9));
}

#[test]
fn groups_are_apart_and_in_their_own_order() {
    let world = World::new();
    world.keep(&[("x", "a"), ("y", "b"), ("x", "c"), ("y", "d"), ("", "e")]);
    assert_eq!(
        (world.all("x"), world.all("y"), world.all("")),
        ("ac".into(), "bd".into(), "e".into())
    );
    assert_eq!(world.page("y", 0, 1), ("1d".into(), 2));
    assert_eq!(world.page("z", 0, 1), (String::new(), 0));
}

#[test]
fn the_oldest_make_room_and_the_newest_go_on_being_kept() {
    let world = World::new();
    let letters = "abcdefghijklmnopqrstuvwxyz";
    for end in 1..=letters.len() {
        world.keep(&[("x", &letters[end - 1..end])]);
        let kept = world.all("x");
        assert!(letters[..end].ends_with(&kept), "{kept}");
        // A segment goes when those after it are enough.
        assert!((end.min(10)..14).contains(&kept.len()), "{kept} after {end}");
        assert_eq!(world.page("x", 0, 0).1, kept.len() as u64);
    }
    let many: Vec<_> = (0..letters.len()).map(|at| ("x", &letters[at..=at])).collect();
    for _ in 0..3 {
        world.keep(&many);
        let kept = world.all("x");
        assert!(
            letters.ends_with(&kept[kept.len().saturating_sub(26)..]) && kept.len() >= 10,
            "{kept}"
        );
    }
    assert!(world.all("x").len() < 40);
}

#[test]
fn what_expired_is_not_counted_nor_shown_and_numbers_go_on() {
    let world = World::new();
    world.keep(&[("x", "a"), ("x", "b")]);
    world.clock.advance(SignedDuration::from_secs(60));
    world.keep(&[("x", "c")]);
    world.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(world.page("x", 0, 9), ("2c".into(), 1));
    world.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(world.page("x", 0, 9), (String::new(), 0));
    world.keep(&[("x", "d")]);
    assert_eq!(world.page("x", 0, 9), ("3d".into(), 1));
}
