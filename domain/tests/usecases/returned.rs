use std::sync::atomic::{AtomicU8, Ordering};

use coffer_domain::{
    Error,
    address::Version,
    entity::VersionState,
    generate::Generator,
    port::{KeyAlgorithm, KeyPairError, KeyPairPem, KeyPairs},
    usecase::{
        Caller,
        secrets::{Declaration, Declared, Return, Returned, Source, Which},
    },
};

use super::*;

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn back(secret: &str, from: u64, to: u64) -> Return {
    Return {
        name: name(secret),
        from: version(from),
        to: version(to),
        owner: owner("a"),
    }
}

fn go_back(world: &World, returns: &[Return]) -> Result<Vec<Returned>, Error> {
    run(world
        .coffer
        .return_secrets(&Caller::controller(), &place(), returns))
}

fn generate(world: &World, rotate: Option<u64>, generator: Generator) {
    let key = Declared {
        name: name("K"),
        source: Source::Generate(generator),
        rotate: rotate.map(version),
        patience: None,
    };
    let declaration = Declaration {
        owner: owner("a"),
        keys: vec![key],
        sweep: true,
        delete_removed: true,
    };
    run(world
        .coffer
        .declare_secrets(&Caller::controller(), &place(), &declaration))
    .unwrap();
}

#[test]
fn a_version_that_does_not_work_is_followed_by_the_one_before_it() {
    let world = World::new();
    world.put("DB_URL", "good");
    world.put("DB_URL", "broken");
    let returned = go_back(&world, &[back("DB_URL", 2, 1)]).unwrap();
    assert_eq!(returned[0].version, version(3));
    assert_eq!(world.last_event(world.team.id).action, "secret.return");
    assert_eq!(world.read(&Caller::controller(), "DB_URL").unwrap(), "good");
}

#[test]
fn what_has_moved_on_stays_and_so_does_all_that_was_to_go_with_it() {
    let world = World::new();
    for (name, value) in [("A", "1"), ("A", "2"), ("B", "1"), ("B", "2"), ("B", "3")] {
        world.put(name, value);
    }
    let outcome = go_back(&world, &[back("A", 2, 1), back("B", 2, 1)]);
    assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}");
    let values = ["A", "B"].map(|name| world.read(&Caller::controller(), name).unwrap());
    assert_eq!(values, ["2", "3"]);
    go_back(&world, &[back("A", 2, 1)]).unwrap();
    let again = go_back(&world, &[back("A", 2, 1)]);
    assert!(matches!(again, Err(Error::Conflict(_))), "once is once");
}

/// Makes pairs that differ.
struct Numbered(AtomicU8);

impl KeyPairs for Numbered {
    fn generate(&self, _: KeyAlgorithm) -> Result<KeyPairPem, KeyPairError> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Ok(KeyPairPem {
            private: format!("private {number}").into(),
            public: format!("public {number}"),
        })
    }
}

#[test]
fn both_halves_of_a_key_pair_go_back_together() {
    let mut world = World::new();
    let (clock, entropy) = (world.clock.clone(), Arc::new(SeededEntropy::new(2)));
    world.coffer = Coffer::new(
        world.store.clone(),
        clock,
        entropy,
        Arc::new(Numbered(AtomicU8::new(0))),
    );
    let pair = Generator::KeyPair {
        algorithm: KeyAlgorithm::Ed25519,
    };
    generate(&world, None, pair);
    let halves = || ["K", "K.pub"].map(|name| world.read(&Caller::controller(), name).unwrap());
    let before = halves();
    generate(&world, Some(1), pair);
    assert!(halves()[0] != before[0] && halves()[1] != before[1]);
    let returned = go_back(&world, &[back("K", 2, 1), back("K.pub", 2, 1)]).unwrap();
    assert_eq!(returned.len(), 2);
    assert_eq!(halves(), before);
    generate(&world, None, pair);
    assert_eq!(halves(), before, "and stay so when they are declared again");
}

#[test]
fn a_deleted_version_gives_its_value_and_stays_deleted() {
    let world = World::new();
    world.put("DB_URL", "good");
    world.put("DB_URL", "broken");
    let first = Which::These(vec![version(1)]);
    run(world
        .coffer
        .delete_secret(&Caller::controller(), &secret("DB_URL"), &first))
    .unwrap();
    let before = world.store.audit_events(world.team.id).len();
    world.put("B", "1");
    let moved_on = go_back(&world, &[back("DB_URL", 2, 1), back("B", 2, 1)]);
    assert!(matches!(moved_on, Err(Error::Conflict(_))), "{moved_on:?}");
    go_back(&world, &[back("DB_URL", 2, 1)]).unwrap();
    assert_eq!(world.read(&Caller::controller(), "DB_URL").unwrap(), "good");
    let events = world.store.audit_events(world.team.id);
    let actions: Vec<&str> = events[before..]
        .iter()
        .map(|event| event.action.as_str())
        .collect();
    assert!(!actions.contains(&"secret.undelete"), "{actions:?}");
    let address = secret("DB_URL");
    let (_, versions) = run(world.coffer.list_versions(&Caller::controller(), &address)).unwrap();
    let first = versions.iter().find(|meta| meta.version == version(1)).unwrap();
    assert_eq!(first.state, VersionState::Deleted);
}

#[test]
fn nobody_elses_secret_and_only_for_controllers() {
    let world = World::new();
    let hex = Generator::Hex { bytes: 16 };
    generate(&world, None, hex);
    generate(&world, Some(1), hex);
    let theirs = Return {
        owner: owner("b"),
        ..back("K", 2, 1)
    };
    assert!(matches!(go_back(&world, &[theirs]), Err(Error::Managed { .. })));
    let (key, _) = world.key("team", &[Permission::Write]);
    let refused = run(world.coffer.return_secrets(&key, &place(), &[back("K", 2, 1)]));
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}
