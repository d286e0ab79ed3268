//! The life of a version.

use coffer_domain::{
    address::Version,
    entity::{Secret, VersionState},
    secret_value::SecretValue,
    store::{CommitError, Write},
};

use super::world::{AnyStore, World, now, version};

fn shift(secret: &Secret, number: u64, state: VersionState) -> Write {
    Write::VersionState {
        secret: secret.id,
        version: version(number),
        state,
        at: now(),
    }
}

fn with_current(secret: &Secret, current: Option<Version>) -> Write {
    Write::Secret(Secret {
        current,
        ..secret.clone()
    })
}

pub(crate) async fn a_deleted_version_has_no_value_until_undeleted(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "KEY", "back soon").await.unwrap();
    let delete = vec![
        shift(&secret, 1, VersionState::Deleted),
        with_current(&secret, None),
    ];
    world.commit(vec![], delete).await.unwrap();
    let opened = world.open("default", "KEY", None).await.unwrap();
    assert_eq!(
        (opened.meta.state, opened.meta.ended_at),
        (VersionState::Deleted, Some(now()))
    );
    assert_eq!(opened.value, None);
    assert_eq!(
        world.deleted("KEY", 1).await,
        Some(SecretValue::from("back soon"))
    );
    assert_eq!(world.deleted("KEY", 2).await, None);

    let undelete = vec![
        shift(&secret, 1, VersionState::Live),
        with_current(&secret, Some(version(1))),
    ];
    world.commit(vec![], undelete).await.unwrap();
    let opened = world.open("default", "KEY", None).await.unwrap();
    assert_eq!(
        (opened.meta.state, opened.meta.ended_at),
        (VersionState::Live, None)
    );
    assert_eq!(opened.value, Some(SecretValue::from("back soon")));
    assert_eq!(world.deleted("KEY", 1).await, None);
}

pub(crate) async fn a_destroyed_version_never_comes_back(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "KEY", "gone").await.unwrap();
    world
        .commit(vec![], vec![shift(&secret, 1, VersionState::Destroyed)])
        .await
        .unwrap();
    let opened = world.open("default", "KEY", Some(version(1))).await.unwrap();
    assert_eq!((opened.meta.state, opened.value), (VersionState::Destroyed, None));
    for state in [VersionState::Live, VersionState::Deleted] {
        let refused = world.commit(vec![], vec![shift(&secret, 1, state)]).await;
        assert!(matches!(refused, Err(CommitError::Precondition)));
    }
    world
        .commit(vec![], vec![shift(&secret, 1, VersionState::Destroyed)])
        .await
        .unwrap();
    assert_eq!(
        world.store.versions(secret.id).await.unwrap()[0].state,
        VersionState::Destroyed
    );
}

pub(crate) async fn versions_come_newest_first(store: AnyStore) {
    let world = World::new(store).await;
    for value in ["a", "b", "c"] {
        world.put("default", "KEY", value).await.unwrap();
    }
    let secret = world.find("default", "KEY").await.unwrap();
    let numbers: Vec<u64> = world
        .store
        .versions(secret.id)
        .await
        .unwrap()
        .iter()
        .map(|meta| meta.version.get())
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
}

pub(crate) async fn without_a_current_version_the_latest_answers(store: AnyStore) {
    let world = World::new(store).await;
    world.put("default", "KEY", "one").await.unwrap();
    let secret = world.put("default", "KEY", "two").await.unwrap();
    let delete = vec![
        shift(&secret, 2, VersionState::Deleted),
        with_current(&secret, None),
    ];
    world.commit(vec![], delete).await.unwrap();
    let opened = world.open("default", "KEY", None).await.unwrap();
    assert_eq!(
        (opened.meta.version, opened.meta.state),
        (version(2), VersionState::Deleted)
    );
    let first = world.open("default", "KEY", Some(version(1))).await.unwrap();
    assert_eq!(first.value, Some(SecretValue::from("one")));
}

pub(crate) async fn a_version_is_written_once(store: AnyStore) {
    let world = World::new(store).await;
    let secret = world.put("default", "KEY", "first").await.unwrap();
    let again = vec![
        Write::Secret(secret.clone()),
        world.version_of(&secret, 1, b"second"),
    ];
    assert!(matches!(
        world.commit(vec![], again).await,
        Err(CommitError::Precondition)
    ));
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"first");
}
