use coffer_domain::{
    Error,
    entity::EnvironmentType,
    rights::Permission,
    usecase::{
        Caller,
        secrets::{Declaration, Declared, KEPT_IN_TRASH, Replaced, Source, Span},
    },
};
use jiff::SignedDuration;

use super::*;

fn trash(world: &World, caller: &Caller, name: &str) -> Result<coffer_domain::entity::Secret, Error> {
    run(world.coffer.trash_secret(caller, &secret(name), KEPT_IN_TRASH))
}

fn restore(world: &World, caller: &Caller, id: coffer_domain::id::SecretId) -> Result<(), Error> {
    run(world
        .coffer
        .restore_secret(caller, &org("team"), &vault("app"), id))
    .map(drop)
}

fn in_trash(world: &World) -> Vec<String> {
    let caller = Caller::controller();
    let listed = run(world.coffer.list_trash(&caller, &org("team"), &vault("app"))).unwrap();
    listed.into_iter().map(|secret| secret.name.into()).collect()
}

fn replace(world: &World, caller: &Caller, values: &[(&str, &str)]) -> Result<Replaced, Error> {
    let values: Vec<_> = values
        .iter()
        .map(|(key, value)| (name(key), SecretValue::from(*value)))
        .collect();
    world.clock.advance(SignedDuration::from_millis(1));
    run(world
        .coffer
        .replace_environment(caller, &place(), &values, KEPT_IN_TRASH))
}

fn pulled(world: &World) -> String {
    let caller = Caller::controller();
    let read = run(world.coffer.read_environment(&caller, &place(), Span::ALL)).unwrap();
    let lines: Vec<String> = read
        .iter()
        .map(|one| format!("{}={}", one.secret.name, text(&one.value)))
        .collect();
    lines.join(" ")
}

/// Has a `VaultSecret` own `OWNED`.
fn own(world: &World) {
    let declaration = Declaration {
        owner: owner("u"),
        keys: vec![Declared {
            name: name("OWNED"),
            source: Source::Copy("o".into()),
            rotate: None,
            patience: None,
        }],
        sweep: false,
        delete_removed: false,
    };
    run(world
        .coffer
        .declare_secrets(&Caller::controller(), &place(), &declaration))
    .unwrap();
    world.clock.advance(SignedDuration::from_millis(1));
}

#[test]
fn what_is_trashed_is_out_of_sight_and_comes_back_as_it_was() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("A", "one");
    let trashed = trash(&world, &caller, "A").unwrap();
    assert!(matches!(world.read(&caller, "A"), Err(Error::NotFound { .. })));
    assert!(run(world.coffer.list_versions(&caller, &secret("A"))).is_err());
    assert_eq!(
        (in_trash(&world).join(" "), pulled(&world)),
        ("A".into(), String::new())
    );
    restore(&world, &caller, trashed.id).unwrap();
    assert_eq!(world.read(&caller, "A").unwrap(), "one");
    assert!(matches!(
        restore(&world, &caller, trashed.id),
        Err(Error::NotFound {
            what: "trashed secret",
            ..
        })
    ));
}

#[test]
fn a_name_that_is_taken_again_is_a_conflict_for_what_lies_in_the_trash() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("A", "old");
    let old = trash(&world, &caller, "A").unwrap();
    world.put("A", "new");
    assert!(matches!(
        restore(&world, &caller, old.id),
        Err(Error::AlreadyExists { .. })
    ));
    let (team, app) = (org("team"), vault("app"));
    run(world.coffer.purge_secret(&caller, &team, &app, old.id)).unwrap();
    assert!(in_trash(&world).is_empty());
    assert_eq!(world.read(&caller, "A").unwrap(), "new");
}

#[test]
fn the_trash_is_emptied_by_whoever_manages_the_vault_and_swept_when_its_time_comes() {
    let world = World::new();
    let caller = Caller::controller();
    let (team, app) = (org("team"), vault("app"));
    for name in ["A", "B"] {
        world.put(name, "x");
        trash(&world, &caller, name).unwrap();
        world.clock.advance(SignedDuration::from_hours(24));
    }
    let (writer, _) = world.key("team", &[Permission::List, Permission::Delete, Permission::Write]);
    let refused = run(world.coffer.empty_trash(&writer, &team, &app));
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    world.clock.advance(SignedDuration::from_hours(28 * 24));
    assert_eq!(run(world.coffer.sweep_trash()).unwrap(), 1);
    assert_eq!(in_trash(&world), ["B"]);
    assert_eq!(run(world.coffer.empty_trash(&caller, &team, &app)).unwrap(), 1);
    assert_eq!(run(world.coffer.empty_trash(&caller, &team, &app)).unwrap(), 0);
}

#[test]
fn a_replacement_counts_keeps_equal_values_and_trashes_the_rest() {
    let world = World::new();
    let caller = Caller::controller();
    let done = |created, updated, deleted| Replaced {
        created,
        updated,
        deleted,
    };
    let first = replace(&world, &caller, &[("Z", "1"), ("A", "2"), ("M", "3")]).unwrap();
    assert_eq!(first, done(3, 0, 0));
    assert_eq!(pulled(&world), "Z=1 A=2 M=3");
    let second = replace(&world, &caller, &[("A", "2"), ("Z", "new"), ("B", "4")]).unwrap();
    assert_eq!(second, done(1, 2, 1));
    assert_eq!(pulled(&world), "Z=new A=2 B=4");
    let versions = |name| {
        let listed = run(world.coffer.list_versions(&caller, &secret(name)));
        listed.unwrap().1.len()
    };
    assert_eq!(
        (versions("A"), versions("Z")),
        (1, 2),
        "an equal value is no version"
    );
    assert_eq!(replace(&world, &caller, &[]).unwrap(), done(0, 0, 3));
    let event = world.last_event(world.team.id);
    assert_eq!(
        (event.action.as_str(), event.counts["deleted"]),
        ("secret.replace", 3)
    );
    assert_eq!(in_trash(&world).len(), 4);
    assert_eq!(
        replace(&world, &caller, &[("A", "again")]).unwrap(),
        done(1, 0, 0),
        "a push revives nothing"
    );
}

#[test]
fn a_replacement_never_touches_what_an_object_manages() {
    let world = World::new();
    let caller = Caller::controller();
    own(&world);
    world.put("B", "1");
    for values in [&[("B", "2")][..], &[("B", "2"), ("OWNED", "other")][..]] {
        let refused = replace(&world, &caller, values);
        assert!(matches!(refused, Err(Error::Managed { .. })), "{refused:?}");
    }
    assert_eq!(pulled(&world), "OWNED=o B=1", "nothing of it happened");
    replace(&world, &caller, &[("B", "2"), ("OWNED", "o")]).unwrap();
    assert_eq!(pulled(&world), "OWNED=o B=2");
    assert!(matches!(
        trash(&world, &caller, "OWNED"),
        Err(Error::Managed { .. })
    ));
}

#[test]
fn a_replacement_takes_the_right_to_each_name_it_touches() {
    let world = World::new();
    world.put("KEEP", "1");
    world.clock.advance(SignedDuration::from_millis(1));
    world.put("OTHER", "1");
    let grant = Grant {
        permissions: [Permission::Write, Permission::Delete].into(),
        names: vec![Pattern::new("KEEP")],
        ..Grant::administrator()
    };
    let (narrow, _) = world.key_with("team", vec![grant]);
    for values in [&[("KEEP", "2")][..], &[("KEEP", "2"), ("OTHER", "1")][..]] {
        let refused = replace(&world, &narrow, values);
        assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    }
    assert_eq!(pulled(&world), "KEEP=1 OTHER=1");
}

#[test]
fn a_renamed_environment_takes_its_secrets_and_its_trash_along() {
    let world = World::new();
    let caller = Caller::controller();
    let (team, app) = (org("team"), vault("app"));
    world.put("A", "one");
    world.put("B", "two");
    let trashed = trash(&world, &caller, "B").unwrap();
    run(world.coffer.set_environment_type(
        &caller,
        &team,
        &app,
        &env("default"),
        Some(EnvironmentType::Protected),
    ))
    .unwrap();
    let rename = |from: &str, to: &str| {
        let names = (&env(from), &env(to));
        run(world.coffer.rename_environment(&caller, &team, &app, names))
    };
    assert!(matches!(
        rename("default", "production"),
        Err(Error::AlreadyExists { .. })
    ));
    assert!(matches!(rename("none", "x"), Err(Error::NotFound { .. })));
    let renamed = rename("default", "qa").unwrap();
    assert_eq!(renamed.environments, [env("qa"), env("production")]);
    assert_eq!(renamed.environment_type(&env("qa")), EnvironmentType::Protected);
    let moved = Place {
        environment: env("qa"),
        ..place()
    };
    let read = run(world.coffer.read_environment(&caller, &moved, Span::ALL)).unwrap();
    assert_eq!(text(&read[0].value), "one");
    restore(&world, &caller, trashed.id).unwrap();
    let read = run(world.coffer.read_environment(&caller, &moved, Span::ALL)).unwrap();
    assert_eq!(read.len(), 2);
}

#[test]
fn a_deleted_environment_is_purged_and_the_last_one_stays() {
    let world = World::new();
    let caller = Caller::controller();
    let (team, app) = (org("team"), vault("app"));
    world.put("A", "one");
    world.put("B", "two");
    trash(&world, &caller, "B").unwrap();
    let drop = |name: &str| run(world.coffer.drop_environment(&caller, &team, &app, &env(name)));
    assert_eq!(drop("default").unwrap().environments, [env("production")]);
    assert!(in_trash(&world).is_empty());
    assert!(matches!(drop("production"), Err(Error::Refused(_))));
    let added = run(world
        .coffer
        .add_environment(&caller, &team, &app, &env("default")))
    .unwrap();
    assert_eq!(added.environments, [env("production"), env("default")]);
    assert_eq!(pulled(&world), "", "nothing comes back with the name");
    let twice = run(world
        .coffer
        .add_environment(&caller, &team, &app, &env("default")));
    assert!(matches!(twice, Err(Error::AlreadyExists { .. })));
}

#[test]
fn an_environments_name_says_what_it_is_for_until_somebody_does() {
    for (name, is) in [
        ("production", EnvironmentType::Protected),
        ("PROD", EnvironmentType::Protected),
        ("main:service", EnvironmentType::Protected),
        ("local", EnvironmentType::Development),
        ("dev", EnvironmentType::Development),
        ("staging", EnvironmentType::Standard),
        ("production-eu", EnvironmentType::Standard),
    ] {
        assert_eq!(EnvironmentType::of_name(name), is, "{name}");
    }
}
