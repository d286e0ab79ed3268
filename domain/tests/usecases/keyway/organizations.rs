//! Organizations of the forge: who is shown what of them, and that it is on record.

use coffer_domain::{Error, audit::Outcome};

use super::{enter, home, origin, run, session, world};

#[test]
fn an_organization_is_known_to_its_members_alone() {
    let (_world, keyway) = world();
    let (owner, stranger) = (session(&keyway, "admin"), session(&keyway, "read"));
    let all = run(keyway.organizations(&owner, origin())).unwrap();
    let told: Vec<_> = all
        .iter()
        .map(|one| (one.forge.login.as_str(), one.members))
        .collect();
    assert_eq!(told, [("Team", 2)]);
    assert!(run(keyway.organizations(&stranger, origin())).unwrap().is_empty());
    for refused in [
        run(keyway.company(&stranger, "team", origin())).map(drop),
        run(keyway.colleagues(&stranger, "team", origin())).map(drop),
        run(keyway.compare_members(&stranger, "team", origin())).map(drop),
        run(keyway.company(&owner, "nothing", origin())).map(drop),
    ] {
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    }
    let compare = || run(keyway.compare_members(&owner, "team", origin())).unwrap();
    assert_eq!((compare().added, compare().added), (2, 0));
    let here = run(keyway.colleagues(&owner, "team", origin())).unwrap();
    let came: Vec<bool> = here.iter().map(|one| one.account.is_some()).collect();
    assert_eq!(came, [true, false], "who has an account here");
    assert!(here.iter().all(|one| one.since.is_some()));
}

#[test]
fn what_an_organization_and_a_vault_show_is_in_the_audit_log() {
    let (world, keyway) = world();
    let owner = session(&keyway, "admin");
    let home = home(&world);
    let last = || {
        let event = world.last_event(home);
        format!("{} {}", event.action, event.target)
    };
    run(keyway.organizations(&owner, origin())).unwrap();
    assert_eq!(last(), "organization.list organizations");
    run(keyway.company(&owner, "team", origin())).unwrap();
    assert_eq!(last(), "organization.get the organization team");
    run(keyway.compare_members(&owner, "team", origin())).unwrap();
    run(keyway.compare_members(&owner, "team", origin())).unwrap();
    assert_eq!(
        last(),
        "organization.sync the organization team",
        "though nothing changed"
    );
    run(keyway.trial(&owner, "team", origin())).unwrap();
    assert_eq!(last(), "trial.get the organization team");
    let entered = enter(&keyway, "admin", false).unwrap();
    run(keyway.alerts(&entered)).unwrap();
    assert_eq!(world.last_event(world.team.id).action, "alert.list");
}

#[test]
fn a_stranger_who_asks_for_an_organization_is_told_of_none_and_recorded() {
    let (world, keyway) = world();
    let stranger = session(&keyway, "read");
    let home = home(&world);
    let told = |found: Result<(), Error>, action: &str| {
        assert!(
            matches!(found, Err(Error::NotFound { .. })),
            "{action}: {found:?}"
        );
        let event = world.last_event(home);
        let recorded = (event.action.as_str(), event.outcome, event.target.as_str());
        assert_eq!(recorded, (action, Outcome::Denied, "the organization team"));
    };
    let company = run(keyway.company(&stranger, "team", origin()));
    told(company.map(drop), "organization.get");
    let members = run(keyway.colleagues(&stranger, "team", origin()));
    told(members.map(drop), "organization.members");
    let changed = run(keyway.change_company(&stranger, "team", origin(), |old| old));
    told(changed.map(drop), "organization.update");
    let compared = run(keyway.compare_members(&stranger, "team", origin()));
    told(compared.map(drop), "organization.sync");
    let trial = run(keyway.trial(&stranger, "team", origin()));
    told(trial.map(drop), "trial.get");
    let begun = run(keyway.start_trial(&stranger, "team", origin()));
    told(begun.map(drop), "trial.create");
}
