use coffer_domain::{
    audit::AuditEvent,
    usecase::{
        Caller,
        audit_entries::{Entries, Entry},
    },
};

use super::*;

fn search(world: &World, action: &str, before: Option<u64>, limit: usize) -> Entries {
    let wanted = |_: u64, event: &AuditEvent| event.action == action;
    let caller = Caller::controller();
    run(world
        .coffer
        .audit_entries(&caller, &org("team"), &wanted, before, limit))
    .unwrap()
}

fn targets(found: &[Entry]) -> Vec<&str> {
    let last = |it: &Entry| it.event.target.rsplit('/').next().unwrap().to_owned().leak() as &str;
    found.iter().map(last).collect()
}

#[test]
fn a_search_finds_what_has_come_since_and_pages_go_on() {
    let world = World::new();
    for name in ["A", "B", "C"] {
        world.put(name, "value");
    }
    let first = search(&world, "secret.write", None, 2);
    assert_eq!(targets(&first.entries), ["C", "B"]);
    assert_eq!((first.total, first.more), (3, true));
    let rest = search(&world, "secret.write", Some(first.entries[1].sequence), 2);
    assert_eq!(targets(&rest.entries), ["A"]);
    assert_eq!((rest.total, rest.more), (3, false));
    world.put("D", "value");
    let now = search(&world, "secret.write", None, 100);
    assert_eq!(targets(&now.entries), ["D", "C", "B", "A"]);
    assert_eq!(search(&world, "nothing", None, 10), Entries::default());
}

/// What stands between them is read at once where it is little, and left out where it is much.
#[test]
fn what_is_found_is_whole_however_far_apart() {
    let world = World::new();
    world.put("FIRST", "value");
    let (reader, _) = world.key("team", &[Permission::Read]);
    for _ in 0..1500 {
        world.read(&reader, "FIRST").unwrap();
    }
    world.put("LAST", "value");
    let found = search(&world, "secret.write", None, 10);
    assert_eq!(targets(&found.entries), ["LAST", "FIRST"]);
    for entry in &found.entries {
        let caller = Caller::controller();
        let (alone, holds, _) = run(world.coffer.audit_entry(&caller, &org("team"), entry.sequence)).unwrap();
        assert!(holds);
        assert_eq!(&alone, entry, "the same, signature included");
        assert_eq!(entry.event.door, "kubernetes");
    }
}
