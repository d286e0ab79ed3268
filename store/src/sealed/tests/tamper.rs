//! Whoever can write to the database file cannot make one value pass for another.

use std::path::Path;

use coffer_domain::{
    audit::Verifier,
    id::OrgId,
    record::Collection,
    store::{StoreError, Write},
};

use super::{rows, store_in, world};
use crate::contract::{
    records::record,
    world::{World, env, secret_name, version},
};

/// Whether the store refuses to open the current value of `name`, and says so.
async fn refuses(world: &World, name: &str) -> bool {
    match world
        .store
        .open(&world.vault, &env("default"), &secret_name(name), None)
        .await
    {
        Err(StoreError::Broken(why)) => why.contains("cannot be opened") || why.contains("does not open"),
        _ => false,
    }
}

fn sql(path: &Path, statement: &str) {
    assert!(rows(path).execute(statement, []).unwrap() > 0, "{statement}");
}

/// Exchanges the ciphertexts of two rows of `versions`.
fn swap(path: &Path, first: &[u8; 16], second: &[u8; 16]) {
    let rows = rows(path);
    let get = |id: &[u8; 16]| -> Vec<u8> {
        let query = "SELECT sealed FROM versions WHERE secret_id = ?1 ORDER BY version DESC LIMIT 1";
        rows.query_row(query, [id], |row| row.get(0)).unwrap()
    };
    let (a, b) = (get(first), get(second));
    for (id, sealed) in [(first, b), (second, a)] {
        rows.execute(
            "UPDATE versions SET sealed = ?2 WHERE secret_id = ?1",
            (id, sealed),
        )
        .unwrap();
    }
}

#[tokio::test]
async fn values_exchanged_between_secrets_do_not_open() {
    let (world, directory) = world().await;
    let low = world.put("default", "LOW", "low").await.unwrap();
    let high = world.put("default", "HIGH", "high").await.unwrap();
    swap(directory.path(), low.id.as_bytes(), high.id.as_bytes());
    assert!(refuses(&world, "LOW").await && refuses(&world, "HIGH").await);
}

#[tokio::test]
async fn an_old_version_does_not_pass_for_the_new_one() {
    let (world, directory) = world().await;
    world.put("default", "KEY", "old").await.unwrap();
    world.put("default", "KEY", "new").await.unwrap();
    sql(
        directory.path(),
        "UPDATE versions SET sealed = (SELECT sealed FROM versions WHERE version = 1)",
    );
    assert!(refuses(&world, "KEY").await);
    assert!(
        world
            .open("default", "KEY", Some(version(1)))
            .await
            .unwrap()
            .value
            .is_some()
    );
}

#[tokio::test]
async fn a_secret_moved_to_another_environment_does_not_open() {
    let (world, directory) = world().await;
    world.put("production", "KEY", "x").await.unwrap();
    sql(directory.path(), "UPDATE secrets SET environment = 'default'");
    assert!(refuses(&world, "KEY").await);
}

#[tokio::test]
async fn wrapped_keys_exchanged_between_vaults_do_not_open() {
    let (world, directory) = world().await;
    world
        .commit(vec![], vec![Write::Vault(world.new_vault("second"))])
        .await
        .unwrap();
    world.put("default", "KEY", "x").await.unwrap();
    let exchange = "UPDATE vault_keys SET wrapped = (SELECT other.wrapped FROM before other
                    WHERE other.vault_id <> vault_keys.vault_id)";
    rows(directory.path())
        .execute_batch(&format!(
            "CREATE TEMP TABLE before AS SELECT * FROM vault_keys; {exchange}"
        ))
        .unwrap();
    // The keys in memory are still the right ones: it shows at the next opening.
    let world = world.close().reopen(store_in(directory.path()).await).await;
    assert!(refuses(&world, "KEY").await);
}

#[tokio::test]
async fn a_deleted_row_of_the_chain_is_found() {
    let (world, directory) = world().await;
    for n in 0..5 {
        world.put("default", &format!("K{n}"), "x").await.unwrap();
    }
    sql(directory.path(), "DELETE FROM audit WHERE sequence = 3");
    let records = world.store.audit(world.organization.id, 0, 100).await.unwrap();
    let mut verifier = Verifier::new(world.organization.id);
    let broken = records
        .iter()
        .find_map(|record| verifier.take(record).err())
        .unwrap();
    assert_eq!(broken.sequence, 3);
}

#[tokio::test]
async fn a_record_does_not_open_at_another_place_or_revision_or_for_longer() {
    for change in [
        "key = 'other'",
        "collection = 'others'",
        "listed_under = 'g'",
        "digest = zeroblob(32)",
        "revision = 2",
        "expires_at = 1",
        "organization_id = zeroblob(16)",
    ] {
        let (world, directory) = world().await;
        let made = record(world.organization.id, "a", "x");
        world.commit(vec![], vec![Write::Record(made)]).await.unwrap();
        let (mut organization, mut key, mut collection) = (world.organization.id, "a", "notes");
        match change.split_once(' ') {
            Some(("key", _)) => key = "other",
            Some(("collection", _)) => collection = "others",
            Some(("organization_id", _)) => organization = OrgId::from_bytes([0; 16]),
            _ => {}
        }
        let get = || {
            world
                .store
                .record_by_key(organization, Collection::new(collection), key)
        };
        sql(directory.path(), &format!("UPDATE records SET {change}"));
        let refused = get().await;
        assert!(
            matches!(&refused, Err(StoreError::Broken(why)) if why.contains("sealed under another key or for another place")),
            "{change}: {refused:?}"
        );
    }
}
