//! Root keys: the right one, a wrong one, a new one, one that does not answer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_trait::async_trait;
use coffer_domain::store::{CommitError, StoreError, Write};
use tempfile::TempDir;

use super::{kek, options, rows, world};
use crate::{
    Aad, OpenError, Seed,
    contract::world::World,
    kek::{KekError, KekProvider, KeyId, Wrapped},
    open, open_sqlite,
};

/// The tenant again, in the store at `directory` under `kek`.
async fn reopened(directory: &TempDir, old: World, kek: Arc<dyn KekProvider>) -> World {
    let closed = old.close();
    closed
        .reopen(open(options(directory.path(), kek)).await.unwrap())
        .await
}

fn kek_ids(directory: &TempDir) -> Vec<String> {
    let rows = rows(directory.path());
    let mut query = rows
        .prepare("SELECT kek_id FROM vault_keys UNION SELECT kek_id FROM root")
        .unwrap();
    query
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[tokio::test]
async fn a_value_survives_reopening() {
    let (world, directory) = world().await;
    world.put("default", "KEY", "x").await.unwrap();
    let (token, key) = world.new_key("CI");
    world
        .commit(vec![], vec![Write::ApiKey(key.clone())])
        .await
        .unwrap();
    let world = reopened(&directory, world, kek(1, &[])).await;
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"x");
    assert_eq!(world.store.digest(&token), key.digest);
}

#[tokio::test]
async fn two_stores_digest_a_token_differently() {
    let ((one, _held), (two, _held2)) = (world().await, world().await);
    let (token, _) = one.new_key("CI");
    assert_ne!(one.store.digest(&token), two.store.digest(&token));
}

#[tokio::test]
async fn a_wrong_root_key_is_refused_and_both_are_named() {
    let (world, directory) = world().await;
    drop(world);
    let error = open_sqlite(options(directory.path(), kek(2, &[])))
        .await
        .err()
        .unwrap();
    let (right, wrong) = (
        kek(1, &[]).status().await.unwrap(),
        kek(2, &[]).status().await.unwrap(),
    );
    let text = error.to_string();
    assert!(
        matches!(error, OpenError::WrongRootKey { expected, given } if expected == right && given == wrong)
    );
    assert!(
        text.contains(right.as_str()) && text.contains(wrong.as_str()),
        "{text}"
    );
    open_sqlite(options(directory.path(), kek(1, &[]))).await.unwrap();
}

#[tokio::test]
async fn a_new_root_key_rewraps_keys_and_touches_no_value() {
    let (world, directory) = world().await;
    world.put("default", "KEY", "x").await.unwrap();
    for n in 0..600 {
        world
            .commit(vec![], vec![Write::Vault(world.new_vault(&format!("v{n}")))])
            .await
            .unwrap();
    }
    let sealed = |directory: &TempDir| -> Vec<u8> {
        rows(directory.path())
            .query_row("SELECT sealed FROM versions", [], |row| row.get(0))
            .unwrap()
    };
    let before = sealed(&directory);
    let world = reopened(&directory, world, kek(2, &[1])).await;
    assert_eq!(
        kek_ids(&directory),
        [kek(2, &[]).status().await.unwrap().to_string()]
    );
    assert_eq!(sealed(&directory), before);
    // From here on the old one is not needed.
    let world = reopened(&directory, world, kek(2, &[])).await;
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"x");
}

#[tokio::test]
async fn an_interrupted_rewrap_is_taken_up_again() {
    let (world, directory) = world().await;
    world.put("default", "KEY", "x").await.unwrap();
    for n in 0..9 {
        world
            .commit(vec![], vec![Write::Vault(world.new_vault(&format!("v{n}")))])
            .await
            .unwrap();
    }
    let closed = world.close();
    let dying = Arc::new(Flaky::new(kek(2, &[1])));
    dying.wraps_left.store(4, Ordering::SeqCst);
    assert!(open(options(directory.path(), dying)).await.is_err());
    let world = closed
        .reopen(open(options(directory.path(), kek(2, &[1]))).await.unwrap())
        .await;
    assert_eq!(
        kek_ids(&directory),
        [kek(2, &[]).status().await.unwrap().to_string()]
    );
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"x");
}

#[tokio::test]
async fn known_vaults_are_read_while_the_provider_is_silent_and_new_ones_are_refused() {
    let directory = TempDir::new().unwrap();
    let flaky = Arc::new(Flaky::new(kek(1, &[])));
    let store = open(options(
        directory.path(),
        Arc::clone(&flaky) as Arc<dyn KekProvider>,
    ))
    .await
    .unwrap();
    let world = World::new(store).await;
    world.put("default", "KEY", "x").await.unwrap();
    flaky.silent.store(true, Ordering::SeqCst);
    assert_eq!(world.value("default", "KEY").await.unwrap(), b"x");
    world.put("default", "KEY", "y").await.unwrap();
    let refused = world
        .commit(vec![], vec![Write::Vault(world.new_vault("late"))])
        .await;
    assert!(matches!(
        refused,
        Err(CommitError::Store(StoreError::Unavailable(_)))
    ));
    flaky.silent.store(false, Ordering::SeqCst);
    world
        .commit(vec![], vec![Write::Vault(world.new_vault("late"))])
        .await
        .unwrap();
}

/// A provider that can fall silent, now or after some wraps.
struct Flaky {
    inner: Arc<dyn KekProvider>,
    silent: AtomicBool,
    wraps_left: AtomicU64,
}

impl Flaky {
    fn new(inner: Arc<dyn KekProvider>) -> Self {
        Self {
            inner,
            silent: AtomicBool::new(false),
            wraps_left: AtomicU64::new(u64::MAX),
        }
    }

    fn check(&self) -> Result<(), KekError> {
        let silent = self.silent.load(Ordering::SeqCst);
        if silent {
            Err(KekError::Unavailable("it is silent".into()))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl KekProvider for Flaky {
    async fn status(&self) -> Result<KeyId, KekError> {
        self.check()?;
        self.inner.status().await
    }

    async fn wrap(&self, aad: &Aad, seed: &Seed) -> Result<Wrapped, KekError> {
        if self.wraps_left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.silent.store(true, Ordering::SeqCst);
        }
        self.check()?;
        self.inner.wrap(aad, seed).await
    }

    async fn unwrap(&self, aad: &Aad, wrapped: &Wrapped) -> Result<Seed, KekError> {
        self.check()?;
        self.inner.unwrap(aad, wrapped).await
    }
}
