//! The trash, what is said of secrets, and secrets that move.

use std::sync::Arc;

use coffer_domain::{
    entity::{EnvironmentType, Secret, Trashed, Vault},
    metadata::{Kind, Metadata},
    store::{CommitError, Precondition, Write},
};
use jiff::{SignedDuration, Timestamp};

use super::world::{AnyStore, World, env, now, secret_name, version};

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn trashed(secret: &Secret, at: i64, purge_at: i64) -> Secret {
    let (at, purge_at) = (later(at), later(purge_at));
    Secret {
        trashed: Some(Trashed { at, purge_at }),
        revision: secret.revision + 1,
        ..secret.clone()
    }
}

async fn write(world: &World, secret: &Secret) -> Result<(), CommitError> {
    world.commit(vec![], vec![Write::Secret(secret.clone())]).await
}

pub(crate) async fn a_trashed_secret_leaves_its_name_free(store: AnyStore) {
    let world = World::new(store).await;
    let old = world.put("default", "KEY", "old").await.unwrap();
    let old = trashed(&old, 1, 2);
    write(&world, &old).await.unwrap();
    assert_eq!(world.find("default", "KEY").await, None);
    assert!(world.open("default", "KEY", None).await.is_none());
    let (vault, default) = (old.vault, env("default"));
    assert_eq!(world.store.secrets(vault, &default, None, 9).await.unwrap(), []);
    assert_eq!(world.store.count_secrets(vault).await.unwrap(), 0);
    assert_eq!(world.store.secret_by_id(old.id).await.unwrap(), Some(old.clone()));
    let new = world.put("default", "KEY", "new").await.unwrap();
    assert_ne!(new.id, old.id);
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"new");
    assert_eq!(world.store.trash(vault).await.unwrap(), [old]);
}

pub(crate) async fn only_one_secret_outside_the_trash_has_a_name(store: AnyStore) {
    let world = World::new(store).await;
    let first = world.put("default", "KEY", "first").await.unwrap();
    let first = trashed(&first, 1, 2);
    write(&world, &first).await.unwrap();
    let second = world.put("default", "KEY", "second").await.unwrap();
    let restored = Secret {
        trashed: None,
        ..first.clone()
    };
    let free = Precondition::Secret(first.vault, env("default"), secret_name("KEY"), None);
    let refused = world
        .commit(vec![free], vec![Write::Secret(restored.clone())])
        .await;
    assert!(matches!(refused, Err(CommitError::Precondition)));
    assert!(write(&world, &restored).await.is_err());
    // Two of one name may lie in the trash.
    write(&world, &trashed(&second, 3, 4)).await.unwrap();
    write(&world, &restored).await.unwrap();
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"first");
}

pub(crate) async fn the_trash_comes_latest_first_and_is_due_by_its_times(store: AnyStore) {
    let world = World::new(store).await;
    for (name, at, purge) in [("A", 2, 30), ("B", 3, 10), ("C", 1, 20)] {
        let secret = world.put("default", name, name).await.unwrap();
        write(&world, &trashed(&secret, at, purge)).await.unwrap();
    }
    world.put("default", "D", "stays").await.unwrap();
    let names = |found: Vec<Secret>| {
        let names: Vec<String> = found.into_iter().map(|secret| secret.name.to_string()).collect();
        names.join(" ")
    };
    let vault = world.vault.vault.id;
    assert_eq!(names(world.store.trash(vault).await.unwrap()), "B A C");
    let due = async |seconds, limit| {
        let mut due = world.store.trash_due(later(seconds), limit).await.unwrap();
        due.sort_by(|a, b| a.name.cmp(&b.name));
        names(due)
    };
    assert_eq!(due(9, 9).await, "");
    assert_eq!(due(20, 9).await, "B C");
    assert_eq!(due(99, 2).await.split(' ').count(), 2);
}

pub(crate) async fn a_dropped_secret_leaves_nothing(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "KEY", "one").await.unwrap();
    world.put("default", "KEY", "two").await.unwrap();
    world.put("default", "OTHER", "stays").await.unwrap();
    world
        .commit(vec![], vec![Write::DropSecret(secret.id)])
        .await
        .unwrap();
    assert_eq!(world.find("default", "KEY").await, None);
    assert_eq!(world.store.secret_by_id(secret.id).await.unwrap(), None);
    assert_eq!(world.store.versions(secret.id).await.unwrap(), []);
    assert_eq!(world.value("default", "OTHER").await.unwrap(), b"stays");
    let gone = Precondition::SecretById(secret.id, None);
    world.commit(vec![gone], vec![]).await.unwrap();
    let there = Precondition::SecretById(secret.id, Some(secret.revision));
    let refused = world.commit(vec![there], vec![]).await;
    assert!(matches!(refused, Err(CommitError::Precondition)));
}

pub(crate) async fn what_is_said_of_a_secret_reads_back(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "KEY", "x").await.unwrap();
    let metadata = Metadata {
        kind: Kind::Certificate,
        content_type: Some("application/x-pem-file".into()),
        description: Some("caf\u{e9}".into()),
        tags: vec!["a".into(), "b".into()],
        enabled: false,
        not_before: Some(now()),
        expires_at: Some(later(1)),
        immutable: true,
        public: true,
        attributes: [("subject".to_owned(), "CN=x".to_owned())].into(),
        document: serde_json::Map::from_iter([("environment".to_owned(), "production".into())]),
        rotation: Some(coffer_domain::metadata::RotationPolicy {
            enabled: true,
            period: Some("90d".to_owned()),
            notify_before: None,
        }),
        retention: Some(coffer_domain::metadata::Retention {
            most: 3,
            oldest: 2,
            cas_required: true,
        }),
        succession: Some(coffer_domain::succession::Succession {
            patience: 3_600,
            retiring: Some(coffer_domain::succession::Retiring {
                oldest: coffer_domain::address::Version::FIRST,
                since: now(),
            }),
        }),
    };
    for said in [metadata.kept(), None] {
        let changed = Secret {
            metadata: said,
            ..secret.clone()
        };
        write(&world, &changed).await.unwrap();
        assert_eq!(world.find("default", "KEY").await, Some(changed.clone()));
        assert_eq!(world.open("default", "KEY", None).await.unwrap().secret, changed);
    }
}

pub(crate) async fn a_renamed_secret_keeps_its_versions(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "OLD", "one").await.unwrap();
    let renamed = Secret {
        name: secret_name("NEW"),
        revision: 2,
        ..secret.clone()
    };
    write(&world, &renamed).await.unwrap();
    assert_eq!(world.find("default", "OLD").await, None);
    assert_eq!(world.find("default", "NEW").await, Some(renamed));
    assert_eq!(world.value("default", "NEW").await.unwrap(), b"one");
    assert_eq!(world.store.versions(secret.id).await.unwrap().len(), 1);
}

pub(crate) async fn values_follow_their_secret_to_another_environment(store: AnyStore) {
    let world = World::new(store).await;
    world.put("default", "KEY", "one").await.unwrap();
    let secret = world.put("default", "KEY", "two").await.unwrap();
    let moved = Secret {
        environment: env("moved"),
        ..secret.clone()
    };
    let reseal = Write::Reseal {
        organization: world.organization.id,
        vault: secret.vault,
        secret: secret.id,
        from: env("default"),
        to: env("moved"),
    };
    world
        .commit(vec![], vec![Write::Secret(moved), reseal])
        .await
        .unwrap();
    assert!(world.open("default", "KEY", None).await.is_none());
    assert_eq!(world.value("moved", "KEY").await.unwrap(), b"two");
    let first = world.open("moved", "KEY", Some(version(1))).await.unwrap();
    assert_eq!(first.value.unwrap().reveal(), b"one");
}

/// Of two that move it at once, the second has seen it where it is no more.
pub(crate) async fn a_value_that_was_moved_meanwhile_is_not_called_broken(store: AnyStore) {
    let world = World::new(store).await;
    let seen = world.put("default", "KEY", "one").await.unwrap();
    let move_to = |to: &str| {
        let moved = Secret {
            environment: env(to),
            revision: seen.revision + 1,
            ..seen.clone()
        };
        let reseal = Write::Reseal {
            organization: world.organization.id,
            vault: seen.vault,
            secret: seen.id,
            from: env("default"),
            to: env(to),
        };
        let as_seen = vec![Precondition::SecretById(seen.id, Some(seen.revision))];
        world.commit(as_seen, vec![Write::Secret(moved), reseal])
    };
    move_to("first").await.unwrap();
    assert!(matches!(move_to("second").await, Err(CommitError::Precondition)));
    assert_eq!(world.value("first", "KEY").await.unwrap(), b"one");
}

pub(crate) async fn an_environment_is_dropped_with_its_trash(store: AnyStore) {
    let world = World::new(store).await;
    let gone = world.put("gone", "KEY", "x").await.unwrap();
    let lying = world.put("gone", "LYING", "x").await.unwrap();
    write(&world, &trashed(&lying, 1, 2)).await.unwrap();
    world.put("default", "KEY", "stays").await.unwrap();
    let drop = Write::DropSecretsOf(gone.vault, env("gone"));
    world.commit(vec![], vec![drop]).await.unwrap();
    for id in [gone.id, lying.id] {
        assert_eq!(world.store.secret_by_id(id).await.unwrap(), None);
        assert_eq!(world.store.versions(id).await.unwrap(), []);
    }
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"stays");
}

pub(crate) async fn a_write_needs_its_environment(store: AnyStore) {
    let world = World::new(store).await;
    let vault = world.vault.vault.id;
    let there = |name: &str| vec![Precondition::Environment(vault, env(name))];
    world.commit(there("default"), vec![]).await.unwrap();
    let refused = world.commit(there("qa"), vec![]).await;
    assert!(matches!(refused, Err(CommitError::Precondition)));
    let changed = Vault {
        environments: vec![env("qa"), env("a")],
        environment_types: [(env("qa"), EnvironmentType::Protected)].into(),
        restricted: true,
        revision: 2,
        ..(*world.vault.vault).clone()
    };
    world
        .commit(vec![], vec![Write::Vault(changed.clone())])
        .await
        .unwrap();
    world.commit(there("qa"), vec![]).await.unwrap();
    assert!(world.commit(there("default"), vec![]).await.is_err());
    let found = world.store.vault_by_id(vault).await.unwrap().unwrap();
    assert_eq!(
        (found.organization, found.vault),
        (world.organization, Arc::new(changed))
    );
}

pub(crate) async fn a_population_counts_the_trash_too(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "KEY", "x").await.unwrap();
    write(&world, &trashed(&secret, 1, 2)).await.unwrap();
    world.put("default", "KEY", "y").await.unwrap();
    world.put("other", "KEY", "z").await.unwrap();
    for (name, count) in [("default", 2), ("other", 1), ("none", 0)] {
        for claimed in 0..4 {
            let claim = vec![Precondition::Population(secret.vault, env(name), claimed)];
            let taken = world.commit(claim, vec![]).await;
            assert_eq!(taken.is_ok(), claimed == count, "{name} {claimed}");
        }
    }
}

pub(crate) async fn secrets_of_another_tenant_stay(store: AnyStore) {
    let world = World::new(store.clone()).await;
    let other = World::of_tenant(store, "other").await;
    let secret = world.put("default", "KEY", "x").await.unwrap();
    assert!(
        other
            .commit(vec![], vec![Write::DropSecret(secret.id)])
            .await
            .is_err()
    );
    let drop = Write::DropSecretsOf(secret.vault, env("default"));
    other.commit(vec![], vec![drop]).await.unwrap();
    let reseal = Write::Reseal {
        organization: other.organization.id,
        vault: secret.vault,
        secret: secret.id,
        from: env("default"),
        to: env("moved"),
    };
    assert!(other.commit(vec![], vec![reseal]).await.is_err());
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"x");
}
