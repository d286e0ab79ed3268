use coffer_domain::{
    Error,
    address::Version,
    usecase::{Caller, consumers::Wanted},
};

use super::*;

fn named(names: &[&str]) -> Wanted {
    Wanted::Named(names.iter().map(|&text| name(text)).collect())
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

#[test]
fn the_ledger_says_which_pod_holds_which_version() {
    let world = World::new();
    world.put("DB_URL", "one");
    let pod = pod("web", "u1");
    let delivered = run(world.coffer.deliver(&pod, &place(), &named(&["DB_URL"]))).unwrap();
    assert_eq!(text(&delivered[&name("DB_URL")].value), "one");
    let lines = || run(world.coffer.list_consumers(&Caller::controller(), &place())).unwrap();
    assert_eq!(
        (lines()[0].line.delivered, lines()[0].line.acknowledged),
        (version(1), None)
    );
    run(world
        .coffer
        .acknowledge(&pod, &place(), &[(name("DB_URL"), version(1))]))
    .unwrap();
    assert_eq!(lines()[0].line.acknowledged, Some(version(1)));
    world.put("DB_URL", "two");
    run(world.coffer.deliver(&pod, &place(), &named(&["DB_URL"]))).unwrap();
    let held = lines().remove(0);
    let (line, current) = (held.line, held.current);
    assert_eq!(
        (line.delivered, line.acknowledged, current),
        (version(2), Some(version(1)), Some(version(2)))
    );
    assert_eq!(line.started, version(1), "what its variables hold");
    run(world.coffer.forget_pod(&Caller::controller(), &place(), "u1")).unwrap();
    assert!(lines().is_empty());
}

#[test]
fn a_pod_acknowledges_only_what_it_was_sent() {
    let world = World::new();
    world.put("DB_URL", "one");
    let pod = pod("web", "u1");
    let ack = |number| {
        run(world
            .coffer
            .acknowledge(&pod, &place(), &[(name("DB_URL"), version(number))]))
    };
    assert!(matches!(ack(1), Err(Error::NotFound { .. })));
    run(world.coffer.deliver(&pod, &place(), &named(&["DB_URL"]))).unwrap();
    assert!(matches!(ack(2), Err(Error::NotFound { .. })));
    ack(1).unwrap();
    ack(1).unwrap();
}

#[test]
fn a_pod_gets_all_or_nothing_of_what_it_names() {
    let world = World::new();
    world.put("DB_URL", "one");
    world.put("API_KEY", "hidden");
    let error = run(world
        .coffer
        .deliver(&pod("web", "u"), &place(), &named(&["DB_URL", "DB_USR"])))
    .unwrap_err();
    assert!(error.to_string().contains("DB_USR"), "{error}");
    let error = run(world
        .coffer
        .deliver(&pod("web", "u"), &place(), &named(&["API_KEY"])))
    .unwrap_err();
    assert!(
        error.to_string().contains("spec.access of the Vault app"),
        "{error}"
    );
    let error = run(world
        .coffer
        .deliver(&pod("other", "u"), &place(), &named(&["DB_URL"])))
    .unwrap_err();
    assert!(matches!(error, Error::NotAdmitted { .. }), "{error}");
    let mut stranger = pod("web", "u");
    let Principal::Workload(workload) = &mut stranger.principal else {
        panic!("a pod")
    };
    workload.namespace = "other".into();
    let error = run(world.coffer.deliver(&stranger, &place(), &named(&["DB_URL"]))).unwrap_err();
    assert!(matches!(error, Error::NotFound { what: "vault", .. }), "{error}");
}

#[test]
fn everything_means_everything_that_the_grant_covers() {
    let world = World::new();
    world.put("DB_URL", "one");
    world.put("API_KEY", "hidden");
    let delivered = run(world.coffer.deliver(&pod("web", "u"), &place(), &Wanted::All)).unwrap();
    assert_eq!(
        delivered.keys().map(ToString::to_string).collect::<Vec<_>>(),
        ["DB_URL"]
    );
    let versions = run(world
        .coffer
        .wanted_versions(&pod("web", "u"), &place(), &Wanted::All))
    .unwrap();
    assert_eq!(versions.len(), 1);
}
