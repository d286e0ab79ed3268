//! The contract on SQLite, and what only this pairing of keys and rows can show.

mod canary;
mod keys;
mod outbox;
mod segments;
mod tamper;

use std::{path::Path, sync::Arc};

use coffer_domain::store::Store;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    AuditDurability, Seed, SqliteStore, StoreOptions, SystemEntropy,
    contract::world::World,
    kek::{KekProvider, StaticKek},
    open, open_sqlite,
};

fn seed(n: u8) -> Seed {
    Seed::from_slice(&[n; 32]).unwrap()
}

fn kek(current: u8, previous: &[u8]) -> Arc<dyn KekProvider> {
    let entropy = Arc::new(SystemEntropy::checked().unwrap());
    Arc::new(StaticKek::from_keys(
        seed(current),
        previous.iter().copied().map(seed).collect(),
        entropy,
    ))
}

fn options(path: &Path, kek: Arc<dyn KekProvider>) -> StoreOptions {
    StoreOptions::new(path, kek).unwrap()
}

async fn store_in(path: &Path) -> Arc<SqliteStore> {
    Arc::new(open_sqlite(options(path, kek(1, &[]))).await.unwrap())
}

/// A tenant in a store in a directory of its own.
async fn world() -> (World, TempDir) {
    let directory = TempDir::new().unwrap();
    (World::new(store_in(directory.path()).await).await, directory)
}

/// The rows themselves, past every rule.
fn rows(path: &Path) -> Connection {
    let rows = Connection::open(path.join("coffer.db")).unwrap();
    rows.pragma_update(None, "foreign_keys", false).unwrap();
    rows
}

async fn fresh(durability: AuditDurability) -> (Arc<dyn Store>, TempDir) {
    let directory = TempDir::new().unwrap();
    let options = StoreOptions {
        audit_durability: durability,
        ..options(directory.path(), kek(1, &[]))
    };
    (open(options).await.unwrap(), directory)
}

mod reads_written {
    async fn fresh() -> (super::Arc<dyn super::Store>, super::TempDir) {
        super::fresh(super::AuditDurability::Written).await
    }
    crate::contract::of_a_store!(fresh);
}

mod reads_durable {
    async fn fresh() -> (super::Arc<dyn super::Store>, super::TempDir) {
        super::fresh(super::AuditDurability::Durable).await
    }
    crate::contract::of_a_store!(fresh);
}
