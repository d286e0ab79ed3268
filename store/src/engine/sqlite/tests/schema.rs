//! Schemas: older ones are brought up to date, newer and foreign ones refused.

use std::{path::Path, sync::Arc};

use coffer_domain::{
    name::{EnvName, OrgName, SecretName, VaultName},
    testkit::SeededEntropy,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::super::{OpenSqliteError, Sqlite};
use crate::{Seed, StoreOptions, kek::StaticKek, open};

fn with_database(directory: &Path, sql: &str) {
    Connection::open(directory.join("coffer.db"))
        .unwrap()
        .execute_batch(sql)
        .unwrap();
}

fn schema(directory: &Path) -> i32 {
    let database = Connection::open(directory.join("coffer.db")).unwrap();
    database
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    drop(Sqlite::open(directory.path()).unwrap());
    let newest = schema(directory.path());
    with_database(directory.path(), "PRAGMA user_version = 99");
    let error = Sqlite::open(directory.path()).err().unwrap();
    assert!(matches!(error, OpenSqliteError::NewerSchema { found: 99, .. }));
    assert!(error.to_string().contains("use a newer program"), "{error}");
    assert_eq!(schema(directory.path()), 99);
    with_database(directory.path(), &format!("PRAGMA user_version = {newest}"));
    Sqlite::open(directory.path()).unwrap();
}

#[test]
fn somebody_elses_database_is_refused() {
    for sql in [
        "CREATE TABLE t (x)",
        "CREATE TABLE t (x); PRAGMA user_version = 1",
    ] {
        let directory = TempDir::new().unwrap();
        with_database(directory.path(), sql);
        assert!(
            matches!(Sqlite::open(directory.path()), Err(OpenSqliteError::Foreign)),
            "{sql}"
        );
    }
}

/// A store as schema 1 was first kept, with one secret in it, under a root key of 32 bytes of 1.
#[tokio::test]
async fn a_store_of_schema_1_opens() {
    let directory = TempDir::new().unwrap();
    with_database(directory.path(), include_str!("schema_1.sql"));
    let kek = StaticKek::from_keys(
        Seed::from_slice(&[1; 32]).unwrap(),
        vec![],
        Arc::new(SeededEntropy::new(1)),
    );
    let store = open(StoreOptions::new(directory.path(), Arc::new(kek)).unwrap())
        .await
        .unwrap();
    let (organization, vault) = (OrgName::new("acme").unwrap(), VaultName::new("app").unwrap());
    let vault = store.vault(&organization, &vault).await.unwrap().unwrap();
    let (environment, name) = (EnvName::new("default").unwrap(), SecretName::new("KEY").unwrap());
    let opened = store
        .open(&vault, &environment, &name, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(opened.value.unwrap().reveal(), b"kept since schema 1");
    assert_eq!(store.audit(vault.organization.id, 0, 10).await.unwrap().len(), 2);
}
