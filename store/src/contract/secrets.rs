//! Secrets and their values.

use coffer_domain::{
    entity::{Owner, Secret, VersionMeta, VersionState},
    generate::{Alphabet, Generator},
    secret_value::{MAX_BYTES, SecretValue},
    store::{CommitError, LocatedVault, Precondition, Write},
};
use std::sync::Arc;

use super::world::{AnyStore, World, env, now, secret_name, version};

pub(crate) async fn a_value_reads_back_as_written(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "app/KEY", "hunter2").await.unwrap();
    let opened = world.open("default", "app/KEY", None).await.unwrap();
    assert_eq!(opened.secret, secret);
    assert_eq!(
        (opened.meta.version, opened.meta.state),
        (version(1), VersionState::Live)
    );
    assert_eq!(opened.value, Some(SecretValue::from("hunter2")));
}

pub(crate) async fn a_secret_reads_back_as_written(store: AnyStore) {
    let world = World::new(store).await;
    let secret = Secret {
        generator: Some(Generator::Password {
            length: 20,
            alphabet: Alphabet::Symbols,
        }),
        owner: Some(Owner {
            kind: "VaultSecret".into(),
            name: "a/b".into(),
            uid: "u".into(),
        }),
        ..world.new_secret("default", "KEY")
    };
    let meta = VersionMeta {
        version: version(1),
        state: VersionState::Live,
        created_at: now(),
        created_by: "pod:a/b@c".into(),
        ended_at: None,
        env_file_unfit: Some("it holds a single quote".into()),
    };
    let write = Write::Version {
        organization: world.organization.id,
        vault: secret.vault,
        secret: secret.id,
        meta: meta.clone(),
        value: SecretValue::from("it's"),
    };
    world
        .commit(vec![], vec![Write::Secret(secret.clone()), write])
        .await
        .unwrap();
    assert_eq!(world.find("default", "KEY").await, Some(secret.clone()));
    assert_eq!(world.store.versions(secret.id).await.unwrap(), [meta]);
}

pub(crate) async fn a_secret_that_is_not_there_is_none(store: AnyStore) {
    let world = World::new(store).await;
    world.put("default", "KEY", "x").await.unwrap();
    assert!(world.open("default", "OTHER", None).await.is_none());
    assert!(world.open("other", "KEY", None).await.is_none());
    assert!(world.open("default", "KEY", Some(version(2))).await.is_none());
}

pub(crate) async fn a_new_version_becomes_current_and_old_ones_stay(store: AnyStore) {
    let world = World::new(store).await;
    for value in ["one", "two", "three"] {
        world.put("default", "KEY", value).await.unwrap();
        assert_eq!(world.value("default", "KEY").await.unwrap(), value.as_bytes());
    }
    let first = world.open("default", "KEY", Some(version(1))).await.unwrap();
    assert_eq!(first.value, Some(SecretValue::from("one")));
    assert_eq!(world.find("default", "KEY").await.unwrap().latest, version(3));
}

pub(crate) async fn a_secret_changes_only_from_the_revision_named(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "KEY", "x").await.unwrap();
    let changed = Secret {
        revision: 2,
        ..secret.clone()
    };
    let at = |revision| {
        vec![Precondition::Secret(
            secret.vault,
            env("default"),
            secret_name("KEY"),
            revision,
        )]
    };
    for wrong in [None, Some(0), Some(2)] {
        let refused = world
            .commit(at(wrong), vec![Write::Secret(changed.clone())])
            .await;
        assert!(matches!(refused, Err(CommitError::Precondition)), "{wrong:?}");
    }
    assert_eq!(world.find("default", "KEY").await, Some(secret.clone()));
    world
        .commit(at(Some(1)), vec![Write::Secret(changed.clone())])
        .await
        .unwrap();
    assert_eq!(world.find("default", "KEY").await, Some(changed));
}

pub(crate) async fn secrets_come_by_name_in_pages(store: AnyStore) {
    let world = World::new(store).await;
    let mut expected: Vec<_> = (0..25).map(|n| secret_name(&format!("app/{}", n * 7))).collect();
    for name in &expected {
        world.put("default", name.as_str(), "x").await.unwrap();
        world.put("other", name.as_str(), "y").await.unwrap();
    }
    expected.sort();
    let (mut names, vault) = (Vec::new(), world.vault.vault.id);
    loop {
        let page = world
            .store
            .secrets(vault, &env("default"), names.last(), 10)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 10);
        names.extend(page.into_iter().map(|secret| secret.name));
    }
    assert_eq!(names, expected);
    assert_eq!(world.store.count_secrets(vault).await.unwrap(), 50);
}

pub(crate) async fn values_of_any_bytes_and_sizes_come_back(store: AnyStore) {
    let world = World::new(store).await;
    let every_byte: Vec<u8> = (0..=255).collect();
    for (n, size) in [0, 1, 15, 16, 17, 255, 4096, MAX_BYTES].into_iter().enumerate() {
        let value: Vec<u8> = every_byte.iter().copied().cycle().take(size).collect();
        let name = format!("S{n}");
        world.put("default", &name, &value).await.unwrap();
        assert_eq!(world.value("default", &name).await, Some(value), "{size} bytes");
    }
}

pub(crate) async fn a_vault_and_its_secrets_can_come_in_one_commit(store: AnyStore) {
    let mut world = World::new(store).await;
    let vault = world.new_vault("second");
    let secret = Secret {
        vault: vault.id,
        ..world.new_secret("default", "KEY")
    };
    let version = world.version_of(&secret, 1, b"together");
    world
        .commit(
            vec![],
            vec![Write::Vault(vault.clone()), Write::Secret(secret), version],
        )
        .await
        .unwrap();
    world.vault = LocatedVault {
        vault: Arc::new(vault),
        ..world.vault
    };
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"together");
}
