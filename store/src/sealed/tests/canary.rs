//! A value is in no file, in no form; what was destroyed is not even there as ciphertext.

use std::{fs, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_domain::{
    api_key::ApiToken,
    entity::VersionState,
    store::{Precondition, Write},
};

use super::{rows, world};
use crate::contract::{
    records::record,
    world::{now, version},
};

const CANARY: &str = "canary-5d1f0c6e-7a54-4f63-9f0e-value";

/// The files of the store that hold `bytes`.
fn holders(path: &Path, bytes: &[u8]) -> Vec<String> {
    let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let holds = |file: &std::path::PathBuf| {
        fs::read(file)
            .unwrap()
            .windows(bytes.len())
            .any(|part| part == bytes)
    };
    files
        .filter(holds)
        .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

/// As it is, as hexadecimal, as base64 from each of three offsets, and backwards.
fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let base64 = |offset: usize| {
        BASE64_STANDARD
            .encode(&value[offset..value.len() - (value.len() - offset) % 3])
            .into_bytes()
    };
    let hex = hex::encode(value);
    let backwards = value.iter().rev().copied().collect();
    vec![
        value.to_vec(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        base64(0),
        base64(1),
        base64(2),
        backwards,
    ]
}

pub(super) fn assert_absent(path: &Path, value: &[u8]) {
    for form in forms(value) {
        assert_eq!(
            holders(path, &form),
            [""; 0],
            "{}",
            String::from_utf8_lossy(&form)
        );
    }
}

#[tokio::test]
async fn a_value_is_in_no_file() {
    let (world, directory) = world().await;
    for n in 0..20 {
        world.put("default", &format!("KEY{n}"), CANARY).await.unwrap();
    }
    assert_eq!(world.value("default", "KEY7").await.unwrap(), CANARY.as_bytes());
    assert_absent(directory.path(), CANARY.as_bytes());
    // The search does find what is there.
    assert!(!holders(directory.path(), b"KEY7").is_empty());
}

#[tokio::test]
async fn a_token_is_in_no_file() {
    let (world, directory) = world().await;
    let (token, key): (ApiToken, _) = world.new_key("CI");
    world.commit(vec![], vec![Write::ApiKey(key)]).await.unwrap();
    assert_absent(directory.path(), token.secret().reveal());
}

#[tokio::test]
async fn a_records_body_is_in_no_file() {
    let (world, directory) = world().await;
    let record = record(world.organization.id, "a-key-to-find", CANARY);
    world.commit(vec![], vec![Write::Record(record)]).await.unwrap();
    assert_absent(directory.path(), CANARY.as_bytes());
    assert!(!holders(directory.path(), b"a-key-to-find").is_empty());
}

/// One column of one row.
fn column(path: &Path, query: &str) -> Vec<u8> {
    rows(path).query_row(query, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_destroyed_version_is_gone_from_the_files() {
    let (world, directory) = world().await;
    // Long enough to have pages of its own, which are set free and not at once used for something else.
    let secret = world.put("default", "KEY", CANARY.repeat(300)).await.unwrap();
    world.put("default", "OTHER", "stays").await.unwrap();
    let sealed = column(
        directory.path(),
        "SELECT sealed FROM versions ORDER BY length(sealed) DESC LIMIT 1",
    );
    let tail = &sealed[sealed.len() - 32..];
    assert!(!holders(directory.path(), tail).is_empty());
    let (version, state) = (version(1), VersionState::Destroyed);
    world
        .commit(
            vec![],
            vec![Write::VersionState {
                secret: secret.id,
                version,
                state,
                at: now(),
            }],
        )
        .await
        .unwrap();
    // At once: nobody was reading, so nothing kept the log from being emptied before the answer.
    assert_eq!(holders(directory.path(), tail), [""; 0]);
    assert_eq!(world.value("default", "OTHER").await.unwrap(), b"stays");
}

#[tokio::test]
async fn a_purged_secret_is_gone_from_the_files() {
    let (world, directory) = world().await;
    let secret = world.put("default", "KEY", CANARY.repeat(300)).await.unwrap();
    let sealed = column(directory.path(), "SELECT sealed FROM versions");
    let tail = &sealed[sealed.len() - 32..];
    assert!(!holders(directory.path(), tail).is_empty());
    let drop = Write::DropSecret(secret.id);
    world.commit(vec![], vec![drop]).await.unwrap();
    assert_eq!(holders(directory.path(), tail), [""; 0]);
}

#[tokio::test]
async fn a_dropped_vault_takes_its_key_along() {
    let (world, directory) = world().await;
    world.put("default", "KEY", CANARY).await.unwrap();
    let wrapped = column(directory.path(), "SELECT wrapped FROM vault_keys");
    let tail = &wrapped[wrapped.len() - 32..];
    assert!(!holders(directory.path(), tail).is_empty());
    let name = world.vault.vault.name.clone();
    let at = vec![Precondition::Vault(world.organization.id, name, Some(1))];
    world
        .commit(at, vec![Write::DropVault(world.vault.vault.id)])
        .await
        .unwrap();
    assert_eq!(holders(directory.path(), tail), [""; 0]);
}
