use coffer_domain::{
    Error,
    audit::{AuditFilter, Outcome},
    rights::Permission,
    usecase::{
        Caller,
        audit::{AuditFound, AuditPage},
    },
};
use jiff::SignedDuration;

use super::*;

fn search(
    world: &World,
    caller: &Caller,
    filter: &AuditFilter,
    page: AuditPage,
) -> Result<AuditFound, Error> {
    run(world.coffer.search_audit(caller, &org("team"), filter, page))
}

fn ten() -> AuditPage {
    AuditPage {
        limit: 10,
        ..AuditPage::default()
    }
}

fn actions(found: &AuditFound) -> String {
    let actions: Vec<&str> = found
        .events
        .iter()
        .map(|(_, event)| event.action.as_str())
        .collect();
    actions.join(" ")
}

#[test]
fn events_are_found_by_whom_what_where_and_when() {
    let world = World::new();
    let admin = Caller::controller();
    let (reader, _) = world.key("team", &[Permission::Read]);
    let start = world.last_event(world.team.id).at;
    world.clock.advance(SignedDuration::from_secs(10));
    world.put("A", "x");
    world.read(&reader, "A").unwrap();
    world.clock.advance(SignedDuration::from_secs(10));
    world.put("B", "x");
    let refused = run(world
        .coffer
        .put_secret(&reader, &secret("B"), "y".into(), PutOptions::default()));
    assert!(refused.is_err());
    let at = |seconds| start + SignedDuration::from_secs(seconds);
    let filter = |change: &dyn Fn(&mut AuditFilter)| {
        let mut filter = AuditFilter::default();
        change(&mut filter);
        filter
    };
    let (who, b) = (reader.principal.describe(), secret("B").to_string());
    for (filter, expected) in [
        (
            filter(&|it| it.principal = Some(who.clone())),
            "secret.write secret.read",
        ),
        (
            filter(&|it| it.actions = vec!["secret.read".into()]),
            "secret.read",
        ),
        (
            filter(&|it| (it.actions, it.to) = (vec!["secret.".into()], Some(at(20)))),
            "secret.read secret.write",
        ),
        (
            filter(&|it| it.target = Some(b.clone())),
            "secret.write secret.write",
        ),
        (filter(&|it| it.outcome = Some(Outcome::Denied)), "secret.write"),
        (
            filter(&|it| (it.actions, it.from) = (vec!["secret.".into()], Some(at(20)))),
            "secret.write secret.write",
        ),
        (filter(&|it| it.door = Some("secryn".into())), ""),
    ] {
        let found = search(&world, &admin, &filter, ten()).unwrap();
        assert_eq!(actions(&found), expected, "{filter:?}");
        assert_eq!(found.next, None);
    }
}

#[test]
fn a_search_goes_on_where_it_stopped_and_counts_when_asked() {
    let world = World::new();
    let admin = Caller::controller();
    for n in 0..7 {
        world.put("A", &n.to_string());
    }
    let filter = AuditFilter {
        actions: vec!["secret.write".into()],
        ..AuditFilter::default()
    };
    let page = |before, skip, count| {
        let limit = 3;
        let page = AuditPage {
            before,
            skip,
            limit,
            count,
        };
        search(&world, &admin, &filter, page).unwrap()
    };
    let first = page(None, 0, false);
    assert_eq!(first.events.len(), 3);
    let second = page(first.next, 0, false);
    let third = page(second.next, 0, false);
    assert_eq!(
        (second.events.len(), third.events.len(), third.next),
        (3, 1, None)
    );
    assert!(second.events[0].0 < first.events[2].0);
    let skipped = page(None, 5, true);
    assert_eq!((skipped.events.len(), skipped.met), (2, 7));
    assert_eq!(skipped.events[1], third.events[0]);
}

#[test]
fn everybody_finds_what_they_did_themselves_and_auditors_the_rest() {
    let world = World::new();
    world.put("A", "x");
    let (reader, _) = world.key("team", &[Permission::Read]);
    world.read(&reader, "A").unwrap();
    let own = AuditFilter {
        principal: Some(reader.principal.describe()),
        ..AuditFilter::default()
    };
    let found = search(&world, &reader, &own, ten()).unwrap();
    assert_eq!(actions(&found), "secret.read");
    let all = search(&world, &reader, &AuditFilter::default(), ten());
    assert!(matches!(all, Err(Error::Forbidden { .. })));
    let (auditor, _) = world.key("team", &[Permission::ReadAudit]);
    assert_eq!(
        actions(&search(&world, &auditor, &own, ten()).unwrap()),
        "audit.search secret.read"
    );
}

#[test]
fn asking_for_ones_own_events_tells_nothing_of_other_organizations() {
    let world = World::new();
    let (stranger, _) = world.key("other", &Permission::ALL);
    let own = AuditFilter {
        principal: Some(stranger.principal.describe()),
        ..AuditFilter::default()
    };
    let ask = |organization: &str| {
        let wanted = org(organization);
        let asked = world.coffer.search_audit(&stranger, &wanted, &own, ten());
        run(asked).unwrap_err().to_string().replace(organization, "it")
    };
    assert_eq!(ask("team"), ask("nowhere"));
}

#[test]
fn a_program_may_call_itself_what_it_likes_and_the_log_keeps_it_short() {
    let world = World::new();
    let mut caller = Caller::controller();
    caller.origin.agent = Some(format!("keyway-cli/1\r\n{}", "x".repeat(1000)));
    run(world
        .coffer
        .put_secret(&caller, &secret("A"), "x".into(), PutOptions::default()))
    .unwrap();
    let agent = world.last_event(world.team.id).agent.unwrap();
    assert_eq!(agent.len(), 200);
    assert!(agent.starts_with("keyway-cli/1xxx"));
}
