//! What watchers hear.

use coffer_domain::{
    change::{ChangeDraft, Subject},
    store::{Commit, CommitError, Precondition, Write},
};
use futures::StreamExt;
use jiff::SignedDuration;

use super::world::{AnyStore, World, env, event, now, secret_name, version};

fn draft(world: &World, name: &str) -> ChangeDraft {
    let subject = Subject::Secret {
        vault: world.vault.vault.id,
        environment: env("default"),
        name: secret_name(name),
        version: Some(version(1)),
    };
    ChangeDraft { subject, at: now() }
}

fn announcing(world: &World, names: &[&str]) -> Commit {
    Commit {
        changes: names.iter().map(|name| draft(world, name)).collect(),
        ..world.draft(vec![], vec![])
    }
}

pub(crate) async fn changes_come_in_order_with_their_tenant(store: AnyStore) {
    let (ours, theirs) = (
        World::new(store.clone()).await,
        World::of_tenant(store.clone(), "other").await,
    );
    let start = store.latest_change();
    store.commit(announcing(&ours, &["A", "B"])).await.unwrap();
    store.commit(announcing(&theirs, &["C"])).await.unwrap();
    let changes = store.changes(start, 10).await.unwrap();
    let expected = [(&ours, "A"), (&ours, "B"), (&theirs, "C")];
    assert_eq!(changes.len(), expected.len());
    for ((n, change), (world, name)) in (start + 1..).zip(&changes).zip(expected) {
        let draft = draft(world, name);
        assert_eq!((change.sequence, change.organization), (n, world.organization.id));
        assert_eq!((&change.subject, change.at), (&draft.subject, draft.at));
    }
    assert_eq!(store.changes(start + 1, 1).await.unwrap(), changes[1..2]);
    assert_eq!(store.latest_change(), start + 3);
}

pub(crate) async fn old_changes_are_trimmed_and_numbers_go_on(store: AnyStore) {
    let world = World::new(store.clone()).await;
    let start = store.latest_change();
    let aged = |name: &str, age: i64| {
        let mut commit = announcing(&world, &[name]);
        commit.changes[0].at = now() - SignedDuration::from_secs(age);
        commit
    };
    for (name, age) in [("A", 30), ("B", 20), ("C", 10)] {
        store.commit(aged(name, age)).await.unwrap();
    }
    // What the world itself announced is of now.
    let before = now() - SignedDuration::from_secs(15);
    assert_eq!(store.oldest_change().await.unwrap(), 1);
    store
        .trim_changes(
            now() + SignedDuration::from_secs(1),
            u32::try_from(start).unwrap(),
        )
        .await
        .unwrap();
    assert_eq!(
        store.oldest_change().await.unwrap(),
        start + 1,
        "no more than asked for"
    );
    store.trim_changes(before, 1).await.unwrap();
    assert_eq!(store.oldest_change().await.unwrap(), start + 2);
    store.trim_changes(before, 100).await.unwrap();
    assert_eq!(
        store.oldest_change().await.unwrap(),
        start + 3,
        "what is young stays"
    );
    store.trim_changes(now(), 100).await.unwrap();
    assert_eq!(
        store.oldest_change().await.unwrap(),
        start + 3,
        "the newest stays, however old"
    );
    store.commit(aged("D", 0)).await.unwrap();
    assert_eq!(store.latest_change(), start + 4);
    assert_eq!(store.changes(start, 10).await.unwrap().len(), 2);
}

pub(crate) async fn a_refused_commit_announces_nothing(store: AnyStore) {
    let world = World::new(store).await;
    let start = world.store.latest_change();
    let impossible = Precondition::Vault(world.organization.id, world.vault.vault.name.clone(), None);
    let refused = Commit {
        preconditions: vec![impossible],
        ..announcing(&world, &["A"])
    };
    assert!(matches!(
        world.store.commit(refused).await,
        Err(CommitError::Precondition)
    ));
    // The rows are what fails here, after the change was numbered.
    let twin = Commit {
        writes: vec![Write::Organization(world.organization.clone())],
        ..announcing(&world, &["A"])
    };
    assert!(world.store.commit(twin).await.is_err());
    world.store.commit(announcing(&world, &["B"])).await.unwrap();
    assert_eq!(world.store.latest_change(), start + 1);
    assert_eq!(
        world.store.changes(start, 10).await.unwrap()[0].subject,
        draft(&world, "B").subject
    );
}

pub(crate) async fn watchers_hear_the_newest_number(store: AnyStore) {
    let world = World::new(store).await;
    let mut watch = world.store.watch();
    let start = world.store.latest_change();
    assert_eq!(watch.next().await, Some(start));
    world.store.commit(announcing(&world, &["A"])).await.unwrap();
    world.store.commit(announcing(&world, &["B", "C"])).await.unwrap();
    assert_eq!(watch.next().await, Some(start + 3));
    world
        .store
        .record(world.organization.id, event("secret.read"))
        .await
        .unwrap();
    assert!(futures::poll!(watch.next()).is_pending());
}

pub(crate) async fn what_a_watcher_hears_of_can_be_read(store: AnyStore) {
    let world = World::new(store).await;
    let start = world.store.latest_change();
    let mut watch = world.store.watch();
    let writer = tokio::spawn({
        let world = world.clone();
        async move {
            for _ in 0..100 {
                world.store.commit(announcing(&world, &["A"])).await.unwrap();
            }
        }
    });
    let mut heard = start;
    while heard < start + 100 {
        heard = watch.next().await.unwrap();
        let read = world.store.changes(start, u32::MAX).await.unwrap();
        assert!(read.len() as u64 >= heard - start);
    }
    writer.await.unwrap();
}

pub(crate) async fn the_rights_epoch_rises_with_rights_only(store: AnyStore) {
    let world = World::new(store).await;
    let epoch = || world.store.rights_epoch();
    let mut last = epoch();
    let (_, key) = world.new_key("CI");
    let vault = world.new_vault("second");
    for write in [
        Write::ApiKey(key),
        Write::Vault(vault.clone()),
        Write::DropVault(vault.id),
    ] {
        world.commit(vec![], vec![write]).await.unwrap();
        assert!(epoch() > last);
        last = epoch();
    }
    world.put("default", "KEY", "x").await.unwrap();
    world
        .store
        .record(world.organization.id, event("secret.read"))
        .await
        .unwrap();
    assert_eq!(epoch(), last);
}
