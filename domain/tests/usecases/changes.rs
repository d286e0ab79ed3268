//! Changes: who asks after one that is not kept any more is told.

use coffer_domain::{Error, change::KEPT, rights::Permission};

use jiff::SignedDuration;

use crate::{World, org, run};

#[test]
fn old_changes_are_forgotten_and_who_missed_them_is_told() {
    let world = World::new();
    let (caller, _) = world.key("team", &[Permission::List]);
    let since = |after| run(world.coffer.changes(&caller, &org("team"), after));
    world.put("A", "old");
    let old = world.coffer.latest_change();
    world.clock.advance(KEPT);
    world.put("B", "young");
    world.put("C", "younger");

    run(world.coffer.trim_changes()).unwrap();
    assert!(since(0).is_ok(), "not yet older than that");
    world.clock.advance(SignedDuration::from_secs(1));
    run(world.coffer.trim_changes()).unwrap();

    assert_eq!(since(old).unwrap().changes.len(), 2, "nothing was missed");
    let Err(Error::Gone(told)) = since(old - 1) else {
        panic!("it was missed")
    };
    assert!(told.contains(&format!("up to {old}")), "{told}");
    assert!(matches!(since(0), Err(Error::Gone(_))));
}
