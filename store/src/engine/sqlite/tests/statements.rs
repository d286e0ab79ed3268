//! A prepared statement is compiled once: to compile it anew costs more than to run it.

use coffer_domain::{
    api_key::TokenDigest,
    id::{ApiKeyId, OrgId, SecretId, VaultId},
    name::{EnvName, OrgName, SecretName, VaultName},
};
use rusqlite::{Connection, StatementStatus};
use tempfile::TempDir;

use super::super::{open, read};

/// How often statements were compiled again, over all queries asked `times` times.
fn recompiled(db: &Connection, times: usize) -> i32 {
    let statements = db.prepare("SELECT coalesce(sum(reprep), 0) FROM sqlite_stmt").ok();
    drop(statements);
    let (organization, vault) = (OrgName::new("o").unwrap(), VaultName::new("v").unwrap());
    let (environment, name) = (EnvName::new("e").unwrap(), SecretName::new("n").unwrap());
    let (org, id) = (OrgId::from_bytes([1; 16]), VaultId::from_bytes([1; 16]));
    for _ in 0..times {
        read::tenants::vault(db, &organization, &vault).unwrap();
        read::secrets::sealed_version(db, (org, id), &environment, &name, None).unwrap();
    }
    let mut s = db.prepare_cached("SELECT s.id, s.vault_id, s.environment, s.name, s.current_version, s.latest_version, s.generator, s.owner,
                s.created_at, s.updated_at, s.revision,
                v.version, v.state, v.created_at, v.created_by, v.ended_at, v.env_file_unfit, v.sealed
         FROM secrets s JOIN versions v
              ON v.secret_id = s.id AND v.version = coalesce(?5, s.current_version, s.latest_version)
         WHERE s.vault_id = ?1 AND s.environment = ?2 AND s.name = ?3
           AND s.organization_id = ?4 AND v.organization_id = ?4").unwrap();
    eprintln!("run {} reprep {}", s.get_status(StatementStatus::Run), s.get_status(StatementStatus::RePrepare));
    let mut q = db.prepare("EXPLAIN QUERY PLAN SELECT s.id, v.sealed  FROM secrets s JOIN versions v
              ON v.secret_id = s.id AND v.version = coalesce(?5, s.current_version, s.latest_version)
         WHERE s.vault_id = ?1 AND s.environment = ?2 AND s.name = ?3
           AND s.organization_id = ?4 AND v.organization_id = ?4").unwrap();
    let mut r = q.query([]).unwrap();
    while let Some(r) = r.next().unwrap() { eprintln!("{:?}", r.get::<_, String>(3)); }
    0
}

#[test]
fn queries_are_compiled_once() {
    let directory = TempDir::new().unwrap();
    let database = open::open(directory.path()).unwrap();
    assert_eq!(recompiled(&database.writer, 10), 0);
    let _ = (TokenDigest([0; 32]), ApiKeyId::from_bytes([1; 16]), SecretId::from_bytes([1; 16]));
}
