//! A prepared statement is compiled once: compiling it anew costs more than running it.

use coffer_domain::{
    id::{OrgId, VaultId},
    name::{EnvName, SecretName},
};
use rusqlite::StatementStatus;
use tempfile::TempDir;

use super::super::{open, read::secrets};

#[test]
fn the_hot_query_is_compiled_once() {
    let directory = TempDir::new().unwrap();
    let db = open::open(directory.path()).unwrap().writer;
    let owner = (OrgId::from_bytes([1; 16]), VaultId::from_bytes([1; 16]));
    let environment = EnvName::new("default").unwrap();
    for n in 0..10 {
        let name = SecretName::new(format!("KEY{n}")).unwrap();
        secrets::sealed_version(&db, owner, &environment, &name, None).unwrap();
    }
    let statement = db.prepare_cached(secrets::SEALED_VERSION).unwrap();
    assert_eq!(statement.get_status(StatementStatus::Run), 10);
    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
}
