use coffer_domain::{
    Error,
    address::Version,
    generate::{Alphabet, Generator},
    rights::Permission,
    usecase::{
        Caller,
        secrets::{Declaration, Declared, KeyState, Source},
    },
};

use super::*;

const PASSWORD: Generator = Generator::Password {
    length: 32,
    alphabet: Alphabet::Alphanumeric,
};

fn declared(key: &str, source: Source) -> Declared {
    Declared {
        name: name(key),
        source,
        rotate: None,
        patience: None,
    }
}

fn declare(world: &World, uid: &str, keys: Vec<Declared>) -> Result<Vec<KeyState>, Error> {
    let declaration = Declaration {
        owner: owner(uid),
        keys,
        sweep: true,
        delete_removed: true,
    };
    run(world
        .coffer
        .declare_secrets(&Caller::controller(), &place(), &declaration))
}

#[test]
fn declaring_again_changes_nothing() {
    let world = World::new();
    let keys = || {
        vec![
            declared("P", Source::Generate(PASSWORD)),
            declared("C", Source::Copy("copied".into())),
        ]
    };
    let first = declare(&world, "a", keys()).unwrap();
    let (value, events) = (
        world.read(&Caller::controller(), "P").unwrap(),
        world.store.audit_events(world.team.id).len(),
    );
    let second = declare(&world, "a", keys()).unwrap();
    assert_eq!(first, second);
    assert_eq!(
        world.store.audit_events(world.team.id).len(),
        events,
        "not even an event"
    );
    assert_eq!(world.read(&Caller::controller(), "P").unwrap(), value);
}

#[test]
fn rotation_makes_one_new_version_and_a_changed_copy_another() {
    let world = World::new();
    declare(
        &world,
        "a",
        vec![
            declared("P", Source::Generate(PASSWORD)),
            declared("C", Source::Copy("one".into())),
        ],
    )
    .unwrap();
    let old = world.read(&Caller::controller(), "P").unwrap();
    let rotate = Declared {
        rotate: Some(Version::FIRST),
        ..declared("P", Source::Generate(PASSWORD))
    };
    let states = declare(
        &world,
        "a",
        vec![rotate, declared("C", Source::Copy("two".into()))],
    )
    .unwrap();
    assert!(
        states.iter().all(|state| state.version.unwrap().get() == 2),
        "{states:?}"
    );
    assert_ne!(world.read(&Caller::controller(), "P").unwrap(), old);
    assert_eq!(world.read(&Caller::controller(), "C").unwrap(), "two");
}

#[test]
fn what_one_object_declares_no_other_writer_changes() {
    let world = World::new();
    declare(&world, "a", vec![declared("P", Source::Generate(PASSWORD))]).unwrap();
    let (admin, _) = world.key("team", &Permission::ALL);
    let put = run(world
        .coffer
        .put_secret(&admin, &secret("P"), "x".into(), PutOptions::default()));
    let error = put.unwrap_err().to_string();
    assert!(error.contains("managed by VaultSecret team/app"), "{error}");
    assert!(matches!(
        declare(&world, "b", vec![declared("P", Source::External)]),
        Err(Error::Managed { .. })
    ));
    run(world.coffer.rotate_secret(&admin, &secret("P"))).unwrap();
}

#[test]
fn a_failing_key_leaves_the_whole_declaration_undone() {
    let world = World::new();
    declare(&world, "a", vec![declared("TAKEN", Source::Generate(PASSWORD))]).unwrap();
    let both = vec![
        declared("NEW", Source::Generate(PASSWORD)),
        declared("TAKEN", Source::Generate(PASSWORD)),
    ];
    assert!(declare(&world, "b", both).is_err());
    assert!(matches!(
        world.read(&Caller::controller(), "NEW"),
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn a_key_that_is_no_longer_declared_is_deleted_but_recoverable() {
    let world = World::new();
    declare(
        &world,
        "a",
        vec![
            declared("P", Source::Generate(PASSWORD)),
            declared("Q", Source::Generate(PASSWORD)),
        ],
    )
    .unwrap();
    declare(&world, "a", vec![declared("P", Source::Generate(PASSWORD))]).unwrap();
    assert!(matches!(
        world.read(&Caller::controller(), "Q"),
        Err(Error::Deleted { .. })
    ));
    world.read(&Caller::controller(), "P").unwrap();
}

#[test]
fn withdrawing_without_deletion_only_lets_go() {
    let world = World::new();
    declare(&world, "a", vec![declared("P", Source::Generate(PASSWORD))]).unwrap();
    run(world
        .coffer
        .withdraw_secrets(&Caller::controller(), &place(), &owner("a"), false))
    .unwrap();
    world.read(&Caller::controller(), "P").unwrap();
    world.put("P", "mine now");
}

#[test]
fn withdrawing_by_name_touches_what_the_owner_declared_and_no_other_s() {
    let world = World::new();
    let generated = |key| vec![declared(key, Source::Generate(PASSWORD))];
    declare(&world, "a", generated("P")).unwrap();
    declare(&world, "b", generated("Q")).unwrap();
    let withdraw = |names: &[_], delete| {
        let (caller, place, owner) = (Caller::controller(), place(), owner("a"));
        run(world
            .coffer
            .withdraw_named(&caller, &place, &owner, names, delete))
        .unwrap();
    };
    withdraw(&[name("Q"), name("NEVER")], true);
    world.read(&Caller::controller(), "Q").unwrap();
    withdraw(&[name("P"), name("Q")], true);
    assert!(matches!(
        world.read(&Caller::controller(), "P"),
        Err(Error::Deleted { .. })
    ));
    world.read(&Caller::controller(), "Q").unwrap();
    declare(&world, "a", generated("R")).unwrap();
    withdraw(&[name("R")], false);
    world.read(&Caller::controller(), "R").unwrap();
    world.put("R", "mine now");
}

#[test]
fn an_external_value_is_written_by_others_and_reported() {
    let world = World::new();
    let external = || vec![declared("E", Source::External)];
    assert_eq!(declare(&world, "a", external()).unwrap()[0].version, None);
    world.put("E", "it's");
    let states = declare(&world, "a", external()).unwrap();
    assert_eq!(states[0].version.map(Version::get), Some(1));
    assert_eq!(
        states[0].env_file_unfit.as_deref(),
        Some("it contains a single quote")
    );
}
