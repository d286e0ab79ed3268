//! A vault's sealing keys, and what is opened with them.

use coffer_domain::{
    Error,
    address::Address,
    audit::Outcome,
    rights::Permission,
    seal::{SealError, Sealed, seal},
    secret_value::SecretValue,
    usecase::{Caller, sealing::SealingKey},
};

use super::*;

fn keys(world: &World) -> Vec<SealingKey> {
    run(world
        .coffer
        .sealing_keys(&Caller::controller(), &org("team"), &vault("app")))
    .unwrap()
}

fn rotate(world: &World, seen: Option<&SealingKey>) -> Vec<SealingKey> {
    let seen = seen.map(|key| key.public.id());
    run(world
        .coffer
        .rotate_sealing_key(&Caller::controller(), &org("team"), &vault("app"), seen))
    .unwrap()
}

fn sealed(key: &SealingKey, address: &Address, value: &str) -> String {
    seal(&SeededEntropy::new(9), &key.public, address, &value.into())
        .unwrap()
        .to_string()
}

fn unseal(world: &World, key: &str, text: &str) -> Result<SecretValue, SealError> {
    let wanted = [(name(key), text.to_owned())];
    run(world
        .coffer
        .unseal_secrets(&Caller::controller(), &place(), &wanted, &|_, _| false))
    .unwrap()
    .remove(0)
}

fn last_events(world: &World, count: usize) -> Vec<(String, Outcome)> {
    let events = world.store.audit_events(world.team.id);
    let last = events.iter().rev().take(count).rev();
    last.map(|event| (event.action.clone(), event.outcome.clone()))
        .collect()
}

#[test]
fn the_first_key_is_made_when_it_is_asked_for_and_once() {
    let world = World::new();
    let first = keys(&world);
    assert_eq!(first.len(), 1);
    assert_eq!(
        last_events(&world, 1),
        [("sealing-key.create".to_owned(), Outcome::Allowed)]
    );
    let events = world.store.audit_events(world.team.id).len();
    assert_eq!(keys(&world), first);
    assert_eq!(world.store.audit_events(world.team.id).len(), events);
}

#[test]
fn what_was_sealed_to_an_older_key_still_opens_after_a_rotation() {
    let world = World::new();
    let old = keys(&world)[0];
    let text = sealed(&old, &secret("DB_URL"), "postgres://");
    let all = rotate(&world, Some(&old));
    assert_eq!(all.len(), 2);
    assert_ne!(all[0].public, old.public);
    assert_eq!(all[1], old);
    assert_eq!(unseal(&world, "DB_URL", &text), Ok("postgres://".into()));
    assert_eq!(keys(&world), all);
    assert_eq!(
        last_events(&world, 1),
        [("sealing-key.rotate".to_owned(), Outcome::Allowed)]
    );
}

#[test]
fn of_two_that_find_a_key_due_one_makes_the_next() {
    let world = World::new();
    let old = keys(&world)[0];
    let first = rotate(&world, Some(&old));
    assert_eq!(rotate(&world, Some(&old)), first);
    assert_eq!(rotate(&world, None).len(), 3);
}

#[test]
fn a_seal_is_refused_elsewhere_and_the_attempt_is_in_the_audit_log() {
    let world = World::new();
    let key = keys(&world)[0];
    let text = sealed(&key, &secret("DB_URL"), "postgres://");
    let refused = unseal(&world, "OTHER", &text).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "sealed for key DB_URL, and this is key OTHER: seal the value anew for this place"
    );
    assert_eq!(
        last_events(&world, 1),
        [("secret.unseal".to_owned(), Outcome::Denied)]
    );
}

#[test]
fn a_refusal_that_is_on_record_is_not_recorded_again() {
    let world = World::new();
    let key = keys(&world)[0];
    let text = sealed(&key, &secret("DB_URL"), "postgres://");
    let before = world.store.audit_events(world.team.id).len();
    let wanted = ["A", "B"].map(|here| (name(here), text.clone()));
    let known = |here: &SecretName, _: &SealError| here.as_str() == "A";
    let opened = run(world
        .coffer
        .unseal_secrets(&Caller::controller(), &place(), &wanted, &known))
    .unwrap();
    assert!(opened.iter().all(Result::is_err), "{opened:?}");
    let events = world.store.audit_events(world.team.id);
    let targets: Vec<&str> = events[before..]
        .iter()
        .map(|event| event.target.as_str())
        .collect();
    assert_eq!(targets, [secret("B").to_string()]);
}

#[test]
fn only_controllers_open_seals() {
    let world = World::new();
    let (caller, _) = world.key("team", &Permission::ALL);
    let refused = run(world.coffer.unseal_secrets(&caller, &place(), &[], &|_, _| false));
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
}

#[test]
fn a_dropped_vault_takes_its_keys_along() {
    let world = World::new();
    let old = keys(&world)[0];
    let text = sealed(&old, &secret("DB_URL"), "postgres://");
    run(world
        .coffer
        .drop_vault(&Caller::controller(), &org("team"), &vault("app"), None))
    .unwrap();
    let settings = VaultSettings {
        environments: Vec::new(),
        access: Vec::new(),
        owner: None,
    };
    run(world
        .coffer
        .create_vault(&Caller::controller(), &org("team"), &vault("app"), settings))
    .unwrap();
    assert_ne!(keys(&world)[0].public, old.public);
    assert_eq!(
        unseal(&world, "DB_URL", &text),
        Err(SealError::UnknownKey(old.public.id()))
    );
}

#[test]
fn resealing_takes_the_right_to_read_and_gives_the_newest_key() {
    let world = World::new();
    let old = keys(&world)[0];
    let text = sealed(&old, &secret("DB_URL"), "postgres://");
    let new = rotate(&world, None)[0];
    let (lister, _) = world.key("team", &[Permission::List]);
    let refused = run(world.coffer.reseal_secret(&lister, &secret("DB_URL"), &text));
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    let (reader, _) = world.key("team", &[Permission::Read]);
    let again: Sealed = run(world.coffer.reseal_secret(&reader, &secret("DB_URL"), &text)).unwrap();
    assert_eq!(again.key, new.public.id());
    assert_eq!(
        last_events(&world, 1),
        [("secret.reseal".to_owned(), Outcome::Allowed)]
    );
    assert_eq!(
        unseal(&world, "DB_URL", &again.to_string()),
        Ok("postgres://".into())
    );
    let elsewhere = run(world.coffer.reseal_secret(&reader, &secret("OTHER"), &text));
    assert!(matches!(elsewhere, Err(Error::Invalid { .. })), "{elsewhere:?}");
    assert_eq!(
        last_events(&world, 1),
        [("secret.reseal".to_owned(), Outcome::Denied)]
    );
}

#[test]
fn rotating_takes_the_right_to_manage_vaults() {
    let world = World::new();
    let (reader, _) = world.key("team", &[Permission::List, Permission::Read]);
    let refused = run(world
        .coffer
        .rotate_sealing_key(&reader, &org("team"), &vault("app"), None));
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    let seen = run(world.coffer.sealing_keys(&reader, &org("team"), &vault("app"))).unwrap();
    assert_eq!(seen.len(), 1);
}
