use coffer_domain::{
    Error,
    address::Version,
    metadata::{Kind, Metadata, Why},
    port::Clock,
    rights::Permission,
    usecase::{
        Caller,
        consumers::Wanted,
        secrets::{NewSecret, PutOptions, Span},
    },
};
use jiff::SignedDuration;

use super::*;

fn say(world: &World, name: &str, change: impl Fn(&mut Metadata) + Send + Sync) {
    let change = |mut metadata: Metadata| {
        change(&mut metadata);
        Ok(metadata)
    };
    run(world
        .coffer
        .amend_secret(&Caller::controller(), &secret(name), change))
    .unwrap();
}

#[test]
fn a_disabled_secret_is_not_there_for_any_reader_and_is_for_whoever_manages_it() {
    let world = World::new();
    world.put("DB_URL", "x");
    say(&world, "DB_URL", |metadata| metadata.enabled = false);
    let caller = Caller::controller();
    assert!(matches!(
        world.read(&caller, "DB_URL"),
        Err(Error::NotFound { what: "secret", .. })
    ));
    let pulled = run(world.coffer.read_environment(&caller, &place(), Span::ALL)).unwrap();
    assert!(pulled.is_empty());
    let named = Wanted::Named(vec![name("DB_URL")]);
    let pod = pod("web", "1");
    assert!(run(world.coffer.deliver(&pod, &place(), &named)).is_err());
    assert!(
        run(world.coffer.deliver(&pod, &place(), &Wanted::All))
            .unwrap()
            .is_empty()
    );
    let found = run(world.coffer.describe_secret(&caller, &secret("DB_URL"))).unwrap();
    assert!(!found.described().enabled);
    let listed = run(world.coffer.list_secrets(&caller, &place(), None, 10)).unwrap();
    assert_eq!(listed.len(), 1);
    say(&world, "DB_URL", |metadata| metadata.enabled = true);
    assert_eq!(world.read(&caller, "DB_URL").unwrap(), "x");
}

#[test]
fn a_secret_is_read_in_its_time_only() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("DB_URL", "x");
    let (start, end) = (
        world.clock.now() + SignedDuration::from_secs(10),
        world.clock.now() + SignedDuration::from_secs(20),
    );
    say(&world, "DB_URL", |metadata| {
        metadata.not_before = Some(start);
        metadata.expires_at = Some(end);
    });
    let why = || match world.read(&caller, "DB_URL") {
        Err(Error::Unusable { why, .. }) => Some(why),
        other => {
            assert_eq!(other.unwrap(), "x");
            None
        }
    };
    assert_eq!(why(), Some(Why::NotYetActive(start)));
    world.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(why(), None);
    world.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(why(), Some(Why::Expired(end)));
}

#[test]
fn what_is_said_changes_without_a_version_and_stays_with_the_next() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("DB_URL", "one");
    say(&world, "DB_URL", |metadata| metadata.tags = vec!["db".into()]);
    world.put("DB_URL", "two");
    let (found, versions) = run(world.coffer.list_versions(&caller, &secret("DB_URL"))).unwrap();
    assert_eq!(
        (found.described().tags.join(""), versions.len()),
        ("db".into(), 2)
    );
    let options = PutOptions {
        metadata: Some(Metadata::default()),
        ..PutOptions::default()
    };
    let written = run(world
        .coffer
        .put_secret(&caller, &secret("DB_URL"), "three".into(), options))
    .unwrap();
    assert_eq!(written.secret.metadata, None);
}

#[test]
fn secrets_are_made_all_or_none_and_an_immutable_one_keeps_its_value() {
    let world = World::new();
    let caller = Caller::controller();
    let new = |text: &str| NewSecret {
        name: name(text),
        value: "pem".into(),
        metadata: Metadata {
            kind: Kind::Key,
            immutable: true,
            ..Metadata::default()
        },
    };
    let make = |all: &[NewSecret]| run(world.coffer.create_secrets(&caller, &place(), all));
    assert_eq!(make(&[new("A"), new("B")]).unwrap().len(), 2);
    for taken in [[new("C"), new("A")], [new("C"), new("C")]] {
        assert!(matches!(make(&taken), Err(Error::AlreadyExists { .. })));
    }
    assert!(world.read(&caller, "C").is_err());
    let address = secret("A");
    let put = run(world
        .coffer
        .put_secret(&caller, &address, "other".into(), PutOptions::default()));
    assert!(matches!(put, Err(Error::Refused(_))));
    let back = run(world.coffer.roll_back_secret(&caller, &address, Version::FIRST));
    assert!(matches!(back, Err(Error::Refused(_))));
    assert_eq!(world.read(&caller, "A").unwrap(), "pem");
}

#[test]
fn a_renamed_secret_keeps_its_id_and_a_taken_name_is_refused() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("OLD", "x");
    world.put("TAKEN", "y");
    let before = run(world.coffer.describe_secret(&caller, &secret("OLD"))).unwrap();
    let rename = |to: &str| run(world.coffer.rename_secret(&caller, &secret("OLD"), &name(to)));
    assert!(matches!(rename("TAKEN"), Err(Error::AlreadyExists { .. })));
    assert_eq!(rename("NEW").unwrap().id, before.id);
    assert_eq!(world.read(&caller, "NEW").unwrap(), "x");
    assert!(world.read(&caller, "OLD").is_err());
    let event = world.last_event(world.team.id);
    assert_eq!(event.action, "secret.read");
    let (narrow, _) = world.key_with(
        "team",
        vec![Grant {
            permissions: [Permission::Write, Permission::List].into(),
            names: vec![Pattern::new("NEW")],
            ..Grant::administrator()
        }],
    );
    let out = run(world.coffer.rename_secret(&narrow, &secret("NEW"), &name("FREE")));
    assert!(matches!(out, Err(Error::Forbidden { .. })), "{out:?}");
}

#[test]
fn an_older_value_comes_back_as_a_new_version_for_whoever_may_read_it() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("DB_URL", "one");
    world.put("DB_URL", "two");
    let back = |caller: &Caller| {
        run(world
            .coffer
            .roll_back_secret(caller, &secret("DB_URL"), Version::FIRST))
    };
    let (writer, _) = world.key("team", &[Permission::Write]);
    assert!(matches!(back(&writer), Err(Error::Forbidden { .. })));
    assert_eq!(back(&caller).unwrap().meta.version.get(), 3);
    assert_eq!(world.read(&caller, "DB_URL").unwrap(), "one");
    let missing = run(world
        .coffer
        .roll_back_secret(&caller, &secret("DB_URL"), Version::new(9).unwrap()));
    assert!(matches!(missing, Err(Error::NotFound { what: "version", .. })));
}

#[test]
fn a_pull_is_one_access_in_the_order_of_making() {
    let world = World::new();
    let caller = Caller::controller();
    for name in ["Z", "A", "M"] {
        world.put(name, name);
        world.clock.advance(SignedDuration::from_millis(1));
    }
    let span = Span { skip: 1, limit: 1 };
    let names = |span| {
        let read = run(world.coffer.read_environment(&caller, &place(), span)).unwrap();
        let names: Vec<String> = read.iter().map(|one| one.secret.name.to_string()).collect();
        names.join(" ")
    };
    assert_eq!(names(Span::ALL), "Z A M");
    assert_eq!(names(span), "A");
    let event = world.last_event(world.team.id);
    assert_eq!(
        (event.action.as_str(), event.versions.join(" ")),
        ("secret.pull", "A@1".into())
    );
}

#[test]
fn a_restricted_vault_opens_to_grants_that_name_it_and_to_managers() {
    let world = World::new();
    world.put("DB_URL", "x");
    run(world
        .coffer
        .restrict_vault(&Caller::controller(), &org("team"), &vault("app"), true))
    .unwrap();
    let grant = |pattern: &str, permissions: &[Permission]| {
        let grant = Grant {
            permissions: permissions.iter().copied().collect(),
            vault: Pattern::new(pattern),
            ..Grant::administrator()
        };
        world.key_with("team", vec![grant]).0
    };
    let read = [Permission::Read];
    for (pattern, permissions, allowed) in [
        ("app", &read[..], true),
        ("*", &read[..], false),
        ("ap*", &read[..], false),
        ("*", &[Permission::Read, Permission::ManageVaults][..], true),
    ] {
        let got = world.read(&grant(pattern, permissions), "DB_URL");
        assert_eq!(got.is_ok(), allowed, "{pattern} {permissions:?}");
        assert!(allowed || matches!(got, Err(Error::NotFound { what: "vault", .. })));
    }
    let listed = run(world
        .coffer
        .list_vaults(&grant("*", &[Permission::List]), &org("team"), None, 10))
    .unwrap();
    assert!(listed.is_empty());
}
