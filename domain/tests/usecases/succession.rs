//! Rotation that waits for its consumers: nobody keeps a value that is dead, and none lives longer than it must.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use coffer_domain::{
    Error,
    address::Version,
    entity::VersionState,
    generate::Generator,
    port::Clock,
    succession::{Cause, Laggard},
    usecase::{
        Caller,
        consumers::Wanted,
        secrets::{Declaration, Declared, KeyState, Source, Succeeding},
    },
};
use jiff::{SignedDuration, Timestamp};

use super::*;

pub(crate) const KEY: &str = "DB_TOKEN";

pub(crate) fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn declare(world: &World, rotate: Option<u64>, patience: Option<Duration>) -> Vec<KeyState> {
    let key = Declared {
        name: name(KEY),
        source: Source::Generate(Generator::Uuid),
        rotate: rotate.and_then(Version::new),
        patience,
    };
    let declaration = Declaration {
        owner: owner("a"),
        keys: vec![key],
        sweep: false,
        delete_removed: true,
    };
    run(world
        .coffer
        .declare_secrets(&Caller::controller(), &place(), &declaration))
    .unwrap()
}

/// A generated secret at version 1 whose rotation waits for an hour at most.
pub(crate) fn furnished() -> World {
    let world = World::new();
    declare(&world, None, Some(HOUR));
    world
}

pub(crate) fn deliver(coffer: &Coffer, uid: &str) -> Version {
    let delivered = run(coffer.deliver(&pod("web", uid), &place(), &Wanted::All)).unwrap();
    delivered[&name(KEY)].version
}

pub(crate) fn acknowledge(world: &World, uid: &str, version: Version) {
    run(world
        .coffer
        .acknowledge(&pod("web", uid), &place(), &[(name(KEY), version)]))
    .unwrap();
}

fn receives(world: &World, uid: &str) {
    acknowledge(world, uid, deliver(&world.coffer, uid));
}

pub(crate) fn rotate(world: &World) -> Result<u64, Error> {
    let written = run(world.coffer.rotate_secret(&Caller::controller(), &secret(KEY)))?;
    Ok(written.meta.version.get())
}

fn settle_without(world: &World, gone: &[&str]) -> Vec<Succeeding> {
    let is_gone = |laggard: &Laggard| gone.contains(&laggard.pod_uid.as_str());
    run(world
        .coffer
        .settle_successions(&Caller::controller(), &place(), &[name(KEY)], &is_gone))
    .unwrap()
}

fn settle(world: &World) -> Option<Cause> {
    settle_without(world, &[]).pop().and_then(|found| found.retired)
}

pub(crate) fn states(world: &World) -> BTreeMap<u64, VersionState> {
    let (_, versions) = run(world.coffer.list_versions(&Caller::controller(), &secret(KEY))).unwrap();
    versions
        .into_iter()
        .map(|meta| (meta.version.get(), meta.state))
        .collect()
}

fn reads(world: &World, number: u64) -> bool {
    run(world
        .coffer
        .read_secret(&Caller::controller(), &secret(KEY), Some(version(number))))
    .is_ok()
}

#[test]
fn the_old_value_goes_when_the_last_consumer_has_the_new_one() {
    let world = furnished();
    receives(&world, "u1");
    receives(&world, "u2");
    rotate(&world).unwrap();
    assert_eq!(settle(&world), None, "both hold the first version");
    receives(&world, "u1");
    let waiting = settle_without(&world, &[]).pop().unwrap();
    let names: Vec<_> = waiting.laggards.iter().map(|it| it.pod.as_str()).collect();
    assert_eq!((names, waiting.retired), (vec!["pod-u2"], None));
    assert!(
        reads(&world, 1) && reads(&world, 2),
        "the one before is readable by its number"
    );
    let sent = deliver(&world.coffer, "u2");
    assert_eq!(settle(&world), None, "sent is not in place");
    acknowledge(&world, "u2", sent);
    assert_eq!(settle(&world), Some(Cause::Acknowledged));
    assert_eq!(states(&world)[&1], VersionState::Deleted, "and can be recovered");
    assert_eq!(settle_without(&world, &[]), Vec::new(), "once");
    let told: Vec<_> = world
        .store
        .audit_events(world.team.id)
        .into_iter()
        .filter(|event| event.action == "secret.retire")
        .map(|event| event.versions)
        .collect();
    assert_eq!(told, [vec!["acknowledged".to_owned(), format!("{KEY}@1")]]);
}

#[test]
fn without_the_wish_to_wait_nothing_waits_and_nothing_goes() {
    let world = World::new();
    declare(&world, None, None);
    receives(&world, "u1");
    rotate(&world).unwrap();
    rotate(&world).unwrap();
    assert_eq!(settle_without(&world, &[]), Vec::new());
    assert!((1..=3).all(|number| reads(&world, number)));
}

#[test]
fn a_value_that_nobody_uses_goes_at_once() {
    let world = furnished();
    rotate(&world).unwrap();
    assert_eq!(settle(&world), Some(Cause::Acknowledged));
    assert!(!reads(&world, 1));
}

#[test]
fn dead_pods_hold_nothing_up() {
    let world = furnished();
    receives(&world, "u1");
    rotate(&world).unwrap();
    assert_eq!(settle(&world), None);
    let found = settle_without(&world, &["u1"]).pop().unwrap();
    assert_eq!(found.retired, Some(Cause::Acknowledged));
}

#[test]
fn the_deadline_ends_it_whoever_lags() {
    let world = furnished();
    receives(&world, "u1");
    rotate(&world).unwrap();
    world.clock.advance(SignedDuration::from_secs(3_599));
    assert_eq!(settle(&world), None);
    world.clock.advance(SignedDuration::from_secs(1));
    let found = settle_without(&world, &[]).pop().unwrap();
    assert_eq!((found.retired, found.laggards.len()), (Some(Cause::Deadline), 1));
    assert!(!reads(&world, 1));
}

#[test]
fn a_rotation_started_twice_happens_once() {
    let world = furnished();
    receives(&world, "u1");
    declare(&world, Some(1), Some(HOUR));
    let again = declare(&world, Some(1), Some(HOUR));
    assert_eq!(
        again[0].version,
        Some(version(2)),
        "by the one who decided on the old state"
    );
    let again = declare(&world, Some(2), Some(HOUR));
    assert_eq!(again[0].version, Some(version(2)), "nor while the first waits");
    let refused = rotate(&world).unwrap_err().to_string();
    assert!(
        refused.contains("version 1 is still in use by team/pod-u1") && refused.contains("force"),
        "{refused}"
    );
    receives(&world, "u1");
    assert_eq!(
        rotate(&world).unwrap(),
        3,
        "nobody holds it up any more: it goes, and the next one begins"
    );
    assert_eq!(states(&world)[&1], VersionState::Deleted);
    assert!(reads(&world, 2));
}

#[test]
fn without_waiting_too_a_rotation_decided_twice_happens_once() {
    let world = World::new();
    declare(&world, None, None);
    declare(&world, Some(1), None);
    assert_eq!(declare(&world, Some(1), None)[0].version, Some(version(2)));
}

#[test]
fn force_ends_what_waits_and_otherwise_rotates_and_waits_for_nobody() {
    let world = furnished();
    receives(&world, "u1");
    let force = || {
        run(world.coffer.force_rotation(&Caller::controller(), &secret(KEY)))
            .unwrap()
            .meta
            .version
            .get()
    };
    assert_eq!(force(), 2);
    assert!(!reads(&world, 1), "rotated, and the one before is gone");
    receives(&world, "u1");
    rotate(&world).unwrap();
    assert_eq!(force(), 3, "the end of that rotation, and not another one");
    assert!(!reads(&world, 2));
    let (reader, _) = world.key("team", &[Permission::Read]);
    let refused = run(world.coffer.force_rotation(&reader, &secret(KEY)));
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}

#[test]
fn whoever_stops_waiting_keeps_what_is_there() {
    for let_go in [false, true] {
        let world = furnished();
        receives(&world, "u1");
        rotate(&world).unwrap();
        if let_go {
            run(world
                .coffer
                .withdraw_secrets(&Caller::controller(), &place(), &owner("a"), false))
            .unwrap();
        } else {
            declare(&world, None, None);
        }
        world.clock.advance(SignedDuration::from_hours(2));
        assert_eq!(settle_without(&world, &[]), Vec::new());
        assert!(reads(&world, 1));
    }
}

#[test]
fn a_shorter_deadline_counts_for_what_waits_already() {
    let world = furnished();
    receives(&world, "u1");
    rotate(&world).unwrap();
    declare(&world, None, Some(Duration::from_secs(10)));
    world.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(settle(&world), Some(Cause::Deadline));
}

/// A clock that lets somebody in between, once.
struct Interrupted {
    clock: Arc<ManualClock>,
    done: AtomicBool,
    interrupt: Box<dyn Fn() + Send + Sync>,
}

impl Clock for Interrupted {
    fn now(&self) -> Timestamp {
        if !self.done.swap(true, Ordering::SeqCst) {
            (self.interrupt)();
        }
        self.clock.now()
    }
}

#[test]
fn a_pod_that_starts_in_the_middle_of_a_rotation_gets_the_new_value_only() {
    let world = furnished();
    let other = world.coffer.clone();
    // After the pod's values were read, before its delivery is entered: a rotation that waits for nobody.
    let interrupt = move || {
        let other = other.clone();
        let rotation = std::thread::spawn(move || {
            run(other.rotate_secret(&Caller::controller(), &secret(KEY))).unwrap();
            run(other.settle_successions(&Caller::controller(), &place(), &[name(KEY)], &|_| false)).unwrap()
        });
        let settled = rotation.join().unwrap();
        assert_eq!(
            settled[0].retired,
            Some(Cause::Acknowledged),
            "the pod is in no ledger yet"
        );
    };
    let clock = Arc::new(Interrupted {
        clock: world.clock.clone(),
        done: AtomicBool::new(false),
        interrupt: Box::new(interrupt),
    });
    let interrupted = Coffer::new(
        world.store.clone(),
        clock.clone(),
        Arc::new(SeededEntropy::new(2)),
        Arc::new(NoKeyPairs),
    );
    assert_eq!(deliver(&interrupted, "u1"), version(2));
    assert!(clock.done.load(Ordering::SeqCst));
    assert!(reads(&world, 2) && !reads(&world, 1));
}
