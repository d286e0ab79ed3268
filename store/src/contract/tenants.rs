//! Organizations and vaults.

use coffer_domain::{
    entity::{Organization, Owner, Vault},
    name::{Label, OrgName, VaultName},
    pattern::Pattern,
    rights::Access,
    store::{CommitError, Precondition, Write},
};

use super::world::{AnyStore, World, env};

pub(crate) async fn an_organization_is_found_by_name_and_id(store: AnyStore) {
    let world = World::new(store).await;
    let expected = Some(world.organization.clone());
    assert_eq!(
        world.store.organization(&world.organization.name).await.unwrap(),
        expected
    );
    assert_eq!(
        world
            .store
            .organization_by_id(world.organization.id)
            .await
            .unwrap(),
        expected
    );
    assert_eq!(
        world
            .store
            .organization(&OrgName::new("other").unwrap())
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn an_organization_name_is_taken_once(store: AnyStore) {
    let world = World::new(store).await;
    let mut twin = World::of_tenant(world.store.clone(), "other").await.organization;
    twin.name = world.organization.name.clone();
    let precondition = vec![Precondition::OrganizationAbsent(twin.name.clone())];
    for preconditions in [precondition, vec![]] {
        let refused = world
            .commit(preconditions, vec![Write::Organization(twin.clone())])
            .await;
        assert!(refused.is_err());
    }
    assert_eq!(
        world.store.organization(&twin.name).await.unwrap(),
        Some(world.organization)
    );
}

pub(crate) async fn a_vault_reads_back_as_written(store: AnyStore) {
    let world = World::new(store).await;
    let vault = Vault {
        environments: vec![env("production"), env("staging")],
        access: vec![Access {
            service_accounts: vec![Pattern::new("api")],
            namespaces: vec![Pattern::new("team-*")],
            environments: vec![Pattern::any()],
            names: vec![Pattern::new("APP_*")],
        }],
        owner: Some(Owner {
            kind: "Vault".into(),
            name: "a/b".into(),
            uid: "u".into(),
        }),
        ..world.new_vault("full")
    };
    world
        .commit(vec![], vec![Write::Vault(vault.clone())])
        .await
        .unwrap();
    let found = world
        .store
        .vault(&world.organization.name, &vault.name)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.organization, (*found.vault).clone()),
        (world.organization.clone(), vault.clone())
    );
    assert!(
        world
            .store
            .vault(&OrgName::new("other").unwrap(), &vault.name)
            .await
            .unwrap()
            .is_none()
    );
}

fn vault_at(world: &World, revision: Option<u64>) -> Vec<Precondition> {
    vec![Precondition::Vault(
        world.organization.id,
        world.vault.vault.name.clone(),
        revision,
    )]
}

pub(crate) async fn a_vault_changes_only_from_the_revision_named(store: AnyStore) {
    let world = World::new(store).await;
    let changed = Vault {
        environments: vec![env("new")],
        revision: 2,
        ..(*world.vault.vault).clone()
    };
    for wrong in [None, Some(0), Some(2)] {
        let refused = world
            .commit(vault_at(&world, wrong), vec![Write::Vault(changed.clone())])
            .await;
        assert!(matches!(refused, Err(CommitError::Precondition)), "{wrong:?}");
    }
    world
        .commit(vault_at(&world, Some(1)), vec![Write::Vault(changed.clone())])
        .await
        .unwrap();
    let found = world
        .store
        .vault(&world.organization.name, &changed.name)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(*found.vault, changed);
}

pub(crate) async fn vaults_come_by_name_in_pages(store: AnyStore) {
    let world = World::new(store).await;
    for name in ["z", "b.c", "_a", "B"] {
        world
            .commit(vec![], vec![Write::Vault(world.new_vault(name))])
            .await
            .unwrap();
    }
    let mut names: Vec<VaultName> = Vec::new();
    loop {
        let page = world
            .store
            .vaults(world.organization.id, names.last(), 2)
            .await
            .unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        names.extend(page.into_iter().map(|vault| vault.name));
    }
    let expected: Vec<_> = ["B", "_a", "app", "b.c", "z"]
        .map(|name| VaultName::new(name).unwrap())
        .into();
    assert_eq!(names, expected);
}

pub(crate) async fn a_dropped_vault_leaves_nothing_to_its_successor(store: AnyStore) {
    let mut world = World::new(store).await;
    let secret = world.put("default", "KEY", "old").await.unwrap();
    let old = world.vault.clone();
    world
        .commit(vault_at(&world, Some(1)), vec![Write::DropVault(old.vault.id)])
        .await
        .unwrap();
    assert!(
        world
            .store
            .vault(&world.organization.name, &old.vault.name)
            .await
            .unwrap()
            .is_none()
    );
    assert!(world.open("default", "KEY", None).await.is_none());

    let successor = world.new_vault("app");
    world
        .commit(vault_at(&world, None), vec![Write::Vault(successor.clone())])
        .await
        .unwrap();
    assert_ne!(successor.id, old.vault.id);
    world.vault = world
        .store
        .vault(&world.organization.name, &successor.name)
        .await
        .unwrap()
        .unwrap();
    assert!(world.find("default", "KEY").await.is_none());
    assert!(world.open("default", "KEY", None).await.is_none());
    assert!(world.store.versions(secret.id).await.unwrap().is_empty());
    assert_eq!(world.store.count_secrets(old.vault.id).await.unwrap(), 0);
    // What was decided before the drop does not land after it.
    let late = vec![
        Write::Secret(secret.clone()),
        world.version_of(&secret, 2, b"late"),
    ];
    assert!(matches!(
        world.commit(vec![], late).await,
        Err(CommitError::Precondition)
    ));
}

pub(crate) async fn a_vault_read_after_its_change_is_the_changed_one(store: AnyStore) {
    let world = World::new(store).await;
    for revision in 2..50 {
        let changed = Vault {
            revision,
            ..(*world.vault.vault).clone()
        };
        world.commit(vec![], vec![Write::Vault(changed)]).await.unwrap();
        let found = world
            .store
            .vault(&world.organization.name, &world.vault.vault.name)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.vault.revision, revision);
    }
}

pub(crate) async fn projects_come_by_name_with_their_labels(store: AnyStore) {
    let world = World::new(store.clone()).await;
    let account = world.organization.id;
    let mut expected = Vec::new();
    for name in ["beta", "alpha"] {
        let project = World::of_tenant(store.clone(), name).await;
        let labelled = Organization {
            label: Some(Label::new(format!("The {name}")).unwrap()),
            account: Some(account),
            ..project.organization.clone()
        };
        let before = store.rights_epoch();
        project
            .commit(vec![], vec![Write::AmendOrganization(labelled.clone())])
            .await
            .unwrap();
        assert!(store.rights_epoch() > before);
        expected.insert(0, labelled);
    }
    World::of_tenant(store.clone(), "other").await;
    assert_eq!(store.projects(account).await.unwrap(), expected);
    let found = store.organization(&expected[0].name).await.unwrap();
    assert_eq!(found.as_ref(), Some(&expected[0]));
    let located = store.vault(&expected[0].name, &world.vault.vault.name).await;
    assert_eq!(located.unwrap().unwrap().organization, expected[0]);
}
