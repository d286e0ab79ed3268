use coffer_domain::{
    Error,
    address::Version,
    audit::Outcome,
    rights::Permission,
    secret_value::{MAX_BYTES, SecretValue},
    usecase::{
        Caller,
        secrets::{Expected, PutOptions, Which},
    },
};

use super::*;

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

#[test]
fn each_write_is_a_new_version_and_old_ones_stay_readable() {
    let world = World::new();
    world.put("DB_URL", "one");
    world.put("DB_URL", "two");
    let caller = Caller::controller();
    assert_eq!(world.read(&caller, "DB_URL").unwrap(), "two");
    let old = run(world
        .coffer
        .read_secret(&caller, &secret("DB_URL"), Some(version(1))))
    .unwrap();
    assert_eq!(text(&old.value), "one");
    let none = run(world
        .coffer
        .read_secret(&caller, &secret("DB_URL"), Some(version(3))));
    assert!(matches!(none, Err(Error::NotFound { what: "version", .. })));
}

#[test]
fn a_deleted_secret_comes_back_and_a_destroyed_one_does_not() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("DB_URL", "one");
    run(world
        .coffer
        .delete_secret(&caller, &secret("DB_URL"), &Which::All))
    .unwrap();
    assert!(matches!(
        world.read(&caller, "DB_URL"),
        Err(Error::Deleted { version: 1, .. })
    ));
    run(world
        .coffer
        .undelete_secret(&caller, &secret("DB_URL"), &Which::All))
    .unwrap();
    assert_eq!(world.read(&caller, "DB_URL").unwrap(), "one");
    run(world
        .coffer
        .destroy_secret(&caller, &secret("DB_URL"), &Which::All))
    .unwrap();
    assert!(matches!(
        world.read(&caller, "DB_URL"),
        Err(Error::Destroyed { version: 1, .. })
    ));
    let back = run(world
        .coffer
        .undelete_secret(&caller, &secret("DB_URL"), &Which::All));
    assert!(matches!(back, Err(Error::Destroyed { .. })));
    world.put("DB_URL", "two");
    assert_eq!(
        world.read(&caller, "DB_URL").unwrap(),
        "two",
        "version numbers go on"
    );
}

#[test]
fn deleting_an_old_version_leaves_the_current_one() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("DB_URL", "one");
    world.put("DB_URL", "two");
    run(world
        .coffer
        .delete_secret(&caller, &secret("DB_URL"), &Which::These(vec![version(1)])))
    .unwrap();
    assert_eq!(world.read(&caller, "DB_URL").unwrap(), "two");
    let old = run(world
        .coffer
        .read_secret(&caller, &secret("DB_URL"), Some(version(1))));
    assert!(matches!(old, Err(Error::Deleted { version: 1, .. })));
}

#[test]
fn check_and_set_refuses_a_stale_writer() {
    let world = World::new();
    let caller = Caller::controller();
    let put = |expected| {
        let options = PutOptions {
            expected: Some(expected),
            metadata: None,
        };
        run(world
            .coffer
            .put_secret(&caller, &secret("DB_URL"), "x".into(), options))
    };
    put(Expected::Absent).unwrap();
    assert!(matches!(put(Expected::Absent), Err(Error::Conflict(_))));
    put(Expected::Latest(version(1))).unwrap();
    assert!(matches!(
        put(Expected::Latest(version(1))),
        Err(Error::Conflict(_))
    ));
}

#[test]
fn a_value_over_64_kib_is_refused() {
    let world = World::new();
    let put = |bytes: usize| {
        let value = SecretValue::new(vec![b'x'; bytes]);
        run(world.coffer.put_secret(
            &Caller::controller(),
            &secret("DB_URL"),
            value,
            PutOptions::default(),
        ))
    };
    put(MAX_BYTES).unwrap();
    assert!(matches!(put(MAX_BYTES + 1), Err(Error::TooLarge { bytes }) if bytes == MAX_BYTES + 1));
}

#[test]
fn a_writer_is_told_at_once_that_an_env_file_cannot_carry_the_value() {
    let world = World::new();
    let written = run(world.coffer.put_secret(
        &Caller::controller(),
        &secret("DB_URL"),
        "it's".into(),
        PutOptions::default(),
    ));
    assert_eq!(
        written.unwrap().meta.env_file_unfit.as_deref(),
        Some("it contains a single quote")
    );
}

#[test]
fn a_mistyped_name_gets_a_suggestion_only_from_what_may_be_listed() {
    let world = World::new();
    world.put("DB_URL", "one");
    let (reader, _) = world.key("team", &[Permission::Read, Permission::List]);
    let error = world.read(&reader, "DB_ULR").unwrap_err().to_string();
    assert!(error.ends_with("did you mean DB_URL?"), "{error}");
    let (blind, _) = world.key("team", &[Permission::Read]);
    let error = world.read(&blind, "DB_ULR").unwrap_err().to_string();
    assert!(error.ends_with("does not exist"), "{error}");
}

#[test]
fn a_stranger_cannot_tell_a_hidden_vault_from_a_missing_one() {
    let world = World::new();
    world.put("DB_URL", "one");
    let (stranger, _) = world.key("other", &Permission::ALL);
    let hidden = world.read(&stranger, "DB_URL").unwrap_err().to_string();
    let mut missing = secret("DB_URL");
    missing.place.organization = org("nobody");
    let missing = run(world.coffer.read_secret(&stranger, &missing, None))
        .unwrap_err()
        .to_string();
    assert_eq!(hidden, missing);
}

#[test]
fn every_access_is_in_the_audit_log_refused_ones_too() {
    let world = World::new();
    world.put("DB_URL", "CANARY-7f3a");
    let (reader, _) = world.key("team", &[Permission::Read]);
    world.read(&reader, "DB_URL").unwrap();
    let event = world.last_event(world.team.id);
    assert_eq!(
        (event.action.as_str(), event.outcome, event.door.as_str()),
        ("secret.read", Outcome::Allowed, "native")
    );
    assert_eq!(event.target, "coffer://team/app/default/DB_URL");
    assert_eq!(event.versions, ["1"]);
    let put = run(world
        .coffer
        .put_secret(&reader, &secret("DB_URL"), "x".into(), PutOptions::default()));
    assert!(matches!(
        put,
        Err(Error::Forbidden {
            permission: Permission::Write,
            ..
        })
    ));
    let event = world.last_event(world.team.id);
    assert_eq!(
        (event.action.as_str(), event.outcome),
        ("secret.write", Outcome::Denied)
    );
    let log = format!("{:?}", world.store.audit_events(world.team.id));
    assert!(!log.contains("CANARY"), "no value is ever in the log");
}

#[test]
fn a_strangers_refusal_is_in_its_own_tenants_log() {
    let world = World::new();
    world.put("DB_URL", "one");
    let (stranger, _) = world.key("other", &Permission::ALL);
    let before = world.store.audit_events(world.team.id).len();
    world.read(&stranger, "DB_URL").unwrap_err();
    assert_eq!(world.store.audit_events(world.team.id).len(), before);
    let Principal::ApiKey(key) = &stranger.principal else {
        panic!("a key")
    };
    assert_eq!(world.last_event(key.organization).outcome, Outcome::Denied);
}

#[test]
fn lists_show_what_may_be_listed_in_pages() {
    let world = World::new();
    for n in ["A", "DB_1", "DB_2", "DB_3", "Z"] {
        world.put(n, "x");
    }
    let names = |caller: &Caller, after: Option<&str>, limit| {
        let after = after.map(name);
        let page = run(world.coffer.list_secrets(caller, &place(), after.as_ref(), limit)).unwrap();
        page.into_iter()
            .map(|secret| secret.name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&Caller::controller(), None, 2), ["A", "DB_1"]);
    assert_eq!(
        names(&Caller::controller(), Some("DB_1"), 9),
        ["DB_2", "DB_3", "Z"]
    );
    assert_eq!(names(&pod("web", "u"), None, 2), ["DB_1", "DB_2"]);
}

#[test]
fn an_unknown_environment_gets_a_suggestion() {
    let world = World::new();
    let mut address = secret("X");
    address.place.environment = env("prodution");
    let error = run(world.coffer.read_secret(&Caller::controller(), &address, None))
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean production?"), "{error}");
}
