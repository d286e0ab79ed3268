//! The directory: private, and one process's at a time.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

use tempfile::TempDir;

use super::super::{OpenSqliteError, Sqlite};

#[test]
fn a_new_store_is_private_to_its_owner() {
    let parent = TempDir::new().unwrap();
    let directory = parent.path().join("deep/data");
    let store = Sqlite::open(&directory).unwrap();
    assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().mode() & 0o777,
            0o600,
            "{:?}",
            entry.file_name()
        );
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    let kept = ["coffer.db", "coffer.db-shm", "coffer.db-wal", "lock"];
    assert_eq!(names[0], "audit-1.journal");
    assert_eq!(names[1..], kept);
    drop(store);
}

#[test]
fn exposed_files_are_made_private() {
    let directory = TempDir::new().unwrap();
    drop(Sqlite::open(directory.path()).unwrap());
    let file = directory.path().join("coffer.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o775)).unwrap();
    let _store = Sqlite::open(directory.path()).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(directory.path()).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn a_second_opener_is_refused_until_the_first_is_gone() {
    let directory = TempDir::new().unwrap();
    let first = Sqlite::open(directory.path()).unwrap();
    let error = Sqlite::open(directory.path()).err().unwrap();
    assert!(matches!(error, OpenSqliteError::InUse(_)));
    assert!(error.to_string().contains("in use by another process"), "{error}");
    drop(first);
    Sqlite::open(directory.path()).unwrap();
}

#[test]
fn a_directory_that_cannot_be_is_named() {
    let parent = TempDir::new().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Sqlite::open(&file.join("data")).err().unwrap();
    assert!(error.to_string().contains("file/data"), "{error}");
}
