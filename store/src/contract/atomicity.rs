//! All of a commit or nothing of it; and nothing of anybody else's.

use coffer_domain::{
    entity::{ApiKey, Secret, Vault, VersionState},
    store::{CommitError, Precondition, StoreError, Write},
};
use futures::future::join_all;

use super::world::{AnyStore, World, env, now, secret_name, version};

pub(crate) async fn a_refused_commit_leaves_nothing(store: AnyStore) {
    let world = World::new(store).await;
    let before = world.verified_chain().await.len();
    let secret = world.new_secret("default", "KEY");
    let version = world.version_of(&secret, 1, b"x");
    let impossible = Precondition::Vault(world.organization.id, world.vault.vault.name.clone(), Some(99));
    let absent = Precondition::Secret(secret.vault, env("default"), secret_name("KEY"), None);
    let refused = world
        .commit(vec![absent, impossible], vec![Write::Secret(secret), version])
        .await;
    assert!(matches!(refused, Err(CommitError::Precondition)));
    assert!(world.find("default", "KEY").await.is_none());
    assert_eq!(world.verified_chain().await.len(), before);
}

pub(crate) async fn a_commit_fails_as_a_whole_at_its_last_row(store: AnyStore) {
    let world = World::new(store).await;
    let present = world.put("default", "KEY", "first").await.unwrap();
    let before = world.verified_chain().await.len();
    let new = world.new_secret("default", "NEW");
    let (first, twice) = (
        world.version_of(&new, 1, b"new"),
        world.version_of(&present, 1, b"twice"),
    );
    let writes = vec![Write::Secret(new), first, Write::Secret(present), twice];
    assert!(matches!(
        world.commit(vec![], writes).await,
        Err(CommitError::Precondition)
    ));
    assert!(world.find("default", "NEW").await.is_none());
    assert!(world.open("default", "NEW", None).await.is_none());
    assert_eq!(world.verified_chain().await.len(), before);
    world.put("default", "NEW", "later").await.unwrap();
    assert_eq!(world.verified_chain().await.len(), before + 1);
}

pub(crate) async fn rows_of_another_tenant_are_out_of_reach(store: AnyStore) {
    let (ours, theirs) = (
        World::new(store.clone()).await,
        World::of_tenant(store, "other").await,
    );
    let secret = theirs.put("default", "KEY", "theirs").await.unwrap();
    let mine = Secret {
        vault: theirs.vault.vault.id,
        ..ours.new_secret("default", "PLANTED")
    };
    for write in [
        Write::DropVault(theirs.vault.vault.id),
        Write::VersionState {
            secret: secret.id,
            version: version(1),
            state: VersionState::Destroyed,
            at: now(),
        },
        Write::Secret(Secret {
            current: None,
            ..secret.clone()
        }),
        Write::Secret(mine),
    ] {
        let refused = ours.commit(vec![], vec![write]).await;
        assert!(matches!(refused, Err(CommitError::Precondition)));
    }
    assert_eq!(theirs.value("default", "KEY").await.unwrap(), b"theirs");
    assert!(theirs.find("default", "PLANTED").await.is_none());
    // Their vault under our name does not open either: the ciphertext is bound to its tenant.
    let mut crossed = ours.clone();
    crossed.vault.vault = theirs.vault.vault.clone();
    assert!(crossed.open("default", "KEY", None).await.is_none());
}

pub(crate) async fn a_commit_may_not_mix_tenants(store: AnyStore) {
    let (ours, theirs) = (
        World::new(store.clone()).await,
        World::of_tenant(store, "other").await,
    );
    let (_, key) = theirs.new_key("theirs");
    for write in [
        Write::Vault(Vault {
            revision: 2,
            ..(*theirs.vault.vault).clone()
        }),
        Write::ApiKey(ApiKey { ..key }),
        Write::Organization(theirs.organization.clone()),
    ] {
        let refused = ours.commit(vec![], vec![write]).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Broken(_)))));
    }
}

pub(crate) async fn of_concurrent_writers_one_wins_each_revision(store: AnyStore) {
    const WRITERS: u64 = 16;
    const EACH: u64 = 10;
    let world = World::new(store).await;
    world.put("default", "COUNTER", "0").await.unwrap();
    let writers = (0..WRITERS).map(|_| {
        let world = world.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                while !increment(&world).await {}
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    assert_eq!(
        world.value("default", "COUNTER").await.unwrap(),
        (WRITERS * EACH).to_string().as_bytes()
    );
}

/// Adds one to what it read; `false` if another came first.
async fn increment(world: &World) -> bool {
    let opened = world.open("default", "COUNTER", None).await.unwrap();
    let number: u64 = String::from_utf8(opened.value.unwrap().reveal().to_vec())
        .unwrap()
        .parse()
        .unwrap();
    match world
        .put_over(
            Some(opened.secret),
            "default",
            "COUNTER",
            (number + 1).to_string(),
        )
        .await
    {
        Ok(_) => true,
        Err(CommitError::Precondition) => false,
        Err(error) => panic!("{error}"),
    }
}
