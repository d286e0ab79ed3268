use coffer_domain::{
    Error,
    audit::AuditEvent,
    rights::Permission,
    usecase::{
        Caller, MAX_PAGE,
        audit_window::{AuditWindow, Meets, Windowed},
    },
};
use jiff::SignedDuration;

use super::*;

/// Two organizations whose events take turns.
fn world() -> World {
    let world = World::new();
    run(world
        .coffer
        .ensure_organization(&Caller::controller(), &org("other")))
    .unwrap();
    for number in 0..20 {
        world.clock.advance(SignedDuration::from_secs(1));
        let name = if number % 2 == 0 { "team" } else { "other" };
        let settings = VaultSettings {
            environments: Vec::new(),
            access: Vec::new(),
            owner: None,
        };
        let vault = VaultName::new(format!("v{number}")).unwrap();
        run(world
            .coffer
            .create_vault(&Caller::controller(), &org(name), &vault, settings))
        .unwrap();
    }
    world.clock.advance(SignedDuration::from_secs(1));
    world
}

fn window(world: &World, of: &[&str], meets: Option<Meets<'_>>, (skip, limit): (u64, u32)) -> Windowed {
    let names: Vec<OrgName> = of.iter().map(|name| org(name)).collect();
    let window = AuditWindow { skip, limit };
    world.clock.advance(SignedDuration::from_secs(1));
    run(world
        .coffer
        .audit_window(&Caller::controller(), &names, meets, window))
    .unwrap()
}

fn made(found: &Windowed) -> Vec<&str> {
    let made = found.0.iter().filter(|(_, event)| event.action == "vault.create");
    made.map(|(_, event)| event.target.rsplit('/').next().unwrap())
        .collect()
}

#[test]
fn the_logs_of_several_are_one_in_the_order_of_time() {
    let world = world();
    let all = window(&world, &["team", "other"], None, (0, 1000));
    let expected: Vec<String> = (0..20).map(|number| format!("v{number}")).collect();
    let shown: Vec<&str> = made(&all)
        .into_iter()
        .filter(|name| name.starts_with('v'))
        .collect();
    assert_eq!(shown, expected);
    assert_eq!(all.1, all.0.len() as u64);
    assert!(all.0.is_sorted_by_key(|(_, event)| event.at));
    for meets in [None, Some(&(|_: &AuditEvent| true) as Meets<'_>)] {
        // Reading is logged at the end, and moves nothing.
        for skip in [0, 7, all.0.len() as u64 - 2] {
            let part = window(&world, &["team", "other"], meets, (skip, 5));
            let from = usize::try_from(skip).unwrap();
            let until = (from + 5).min(all.0.len());
            assert_eq!(part.0[..until - from], all.0[from..until]);
        }
    }
}

#[test]
fn what_is_wanted_is_counted_whole_and_shown_in_part() {
    let world = world();
    let vaults = |event: &AuditEvent| event.action == "vault.create" && event.target.contains("/v1");
    let found = window(&world, &["team", "other"], Some(&vaults), (2, 3));
    assert_eq!((made(&found), found.1), (vec!["v11", "v12", "v13"], 11));
    assert_eq!(
        window(&world, &["team"], Some(&vaults), (100, 3)),
        (Vec::new(), 5)
    );
    assert_eq!(window(&world, &[], None, (0, 3)), (Vec::new(), 0));
}

#[test]
fn a_long_log_is_read_where_the_window_is() {
    let world = World::new();
    for number in 0..=MAX_PAGE {
        world.put("A", &number.to_string());
    }
    let far = u64::from(MAX_PAGE) + 1;
    let last = window(&world, &["team"], None, (far, 1));
    assert_eq!(last.0[0].0, far + 1);
    let writes = |event: &AuditEvent| event.action == "secret.write";
    let found = window(&world, &["team"], Some(&writes), (far - 1, 5));
    assert_eq!((found.0.len(), found.1), (1, far));
}

#[test]
fn it_takes_the_right_to_read_every_one_of_the_logs() {
    let world = world();
    let (reader, _) = world.key("team", &[Permission::ReadAudit]);
    let read = |names: &[OrgName]| {
        let window = AuditWindow { skip: 0, limit: 1 };
        run(world.coffer.audit_window(&reader, names, None, window))
    };
    read(&[org("team")]).unwrap();
    assert!(matches!(
        read(&[org("team"), org("other")]),
        Err(Error::NotFound { .. } | Error::Forbidden { .. })
    ));
    let (lister, _) = world.key("team", &[Permission::List]);
    let window = AuditWindow { skip: 0, limit: 1 };
    let refused = run(world.coffer.audit_window(&lister, &[org("team")], None, window));
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
}
