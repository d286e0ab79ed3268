use coffer_domain::{Error, rights::Permission, usecase::Caller};

use super::*;

fn settings(owner: Option<Owner>) -> VaultSettings {
    VaultSettings {
        environments: vec![env("default")],
        access: Vec::new(),
        owner,
    }
}

#[test]
fn applying_the_same_settings_again_changes_nothing() {
    let world = World::new();
    let caller = Caller::controller();
    let first = run(world
        .coffer
        .apply_vault(&caller, &org("team"), &vault("new"), settings(None)))
    .unwrap();
    let events = world.store.audit_events(world.team.id).len();
    let second = run(world
        .coffer
        .apply_vault(&caller, &org("team"), &vault("new"), settings(None)))
    .unwrap();
    assert_eq!(first, second);
    assert_eq!(world.store.audit_events(world.team.id).len(), events);
}

#[test]
fn a_managed_vault_refuses_others() {
    let world = World::new();
    let caller = Caller::controller();
    let apply = |owner| {
        run(world
            .coffer
            .apply_vault(&caller, &org("team"), &vault("new"), settings(owner)))
    };
    apply(Some(owner("one"))).unwrap();
    let error = apply(Some(owner("two"))).unwrap_err();
    assert!(
        matches!(&error, Error::Managed { owner, .. } if owner.uid == "one"),
        "{error}"
    );
    let (admin, _) = world.key("team", &Permission::ALL);
    let dropped = run(world.coffer.drop_vault(&admin, &org("team"), &vault("new"), None));
    assert!(matches!(dropped, Err(Error::Managed { .. })));
}

#[test]
fn a_dropped_vault_takes_its_secrets_with_it_for_good() {
    let world = World::new();
    let caller = Caller::controller();
    world.put("DB_URL", "one");
    run(world
        .coffer
        .drop_vault(&caller, &org("team"), &vault("app"), None))
    .unwrap();
    run(world
        .coffer
        .create_vault(&caller, &org("team"), &vault("app"), settings(None)))
    .unwrap();
    assert!(matches!(
        world.read(&caller, "DB_URL"),
        Err(Error::NotFound { what: "secret", .. })
    ));
}

#[test]
fn a_key_sees_only_the_vaults_of_its_grants() {
    let world = World::new();
    run(world.coffer.create_vault(
        &Caller::controller(),
        &org("team"),
        &vault("hidden"),
        settings(None),
    ))
    .unwrap();
    let grant = Grant {
        vault: Pattern::new("app"),
        ..Grant::administrator()
    };
    let (narrow, _) = world.key_with("team", vec![grant]);
    let vaults = run(world.coffer.list_vaults(&narrow, &org("team"), None, 100)).unwrap();
    assert_eq!(
        vaults.iter().map(|vault| vault.name.as_str()).collect::<Vec<_>>(),
        ["app"]
    );
    let hidden = run(world.coffer.get_vault(&narrow, &org("team"), &vault("hidden")));
    assert!(matches!(hidden, Err(Error::NotFound { .. })));
}
