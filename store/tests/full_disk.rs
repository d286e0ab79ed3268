//! A disk that is full: writes are refused, reads go on, and once there is room writes go on too. The disk is
//! a small memory file system in a mount namespace of this test's own; where that is not permitted, it says so
//! and checks nothing.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test with a harness of its own"
)]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use coffer_domain::{
    id::SecretId,
    name::SecretName,
    port::Entropy,
    store::{Commit, CommitError, Store, StoreError},
};
use coffer_store::SystemEntropy;
use common::{Tenant, environment, event, options};

const DISK: &str = "size=4m,mode=0700";

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    if let [role, path] = arguments.as_slice()
        && role == "inside"
    {
        return inside(Path::new(path));
    }
    let namespace = ["--user", "--map-root-user", "--mount"];
    let permitted = Command::new("unshare")
        .args(namespace)
        .arg("true")
        .stderr(Stdio::null())
        .status();
    if !permitted.is_ok_and(|status| status.success()) {
        println!("not run: there may be no mount namespace here");
        return;
    }
    let directory = tempfile::TempDir::new().unwrap();
    let mut inside = Command::new("unshare");
    inside
        .args(namespace)
        .arg(std::env::current_exe().unwrap())
        .arg("inside")
        .arg(directory.path());
    assert!(inside.status().unwrap().success());
}

fn inside(path: &Path) {
    let none = rustix::mount::MountFlags::empty();
    let options = std::ffi::CString::new(DISK).unwrap();
    rustix::mount::mount("tmpfs", path, "tmpfs", none, options.as_c_str()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(fill_and_free(path));
    println!("a full disk refused writes and nothing else, and was forgotten once there was room");
}

fn value(number: u64) -> Vec<u8> {
    // Nothing that a file system could make small.
    let mut value = vec![0; 20_000];
    SystemEntropy::checked().unwrap().fill(&mut value);
    value[..8].copy_from_slice(&number.to_be_bytes());
    value
}

async fn try_write(tenant: &Tenant, name: &SecretName, number: u64) -> Result<(), CommitError> {
    let organization = tenant.vault.organization.id;
    let writes = tenant.version(SecretId::from_bytes([1; 16]), name, number, &value(number));
    let commit = Commit {
        organization,
        preconditions: vec![],
        writes,
        audit: event("secret.write"),
        changes: vec![],
    };
    tenant.store.commit(commit).await
}

async fn fill_and_free(path: &Path) {
    let ballast = path.join("ballast");
    fs::write(&ballast, vec![0; 1_500_000]).unwrap();
    let tenant = Tenant::open(options(&path.join("data"))).await;
    let name = SecretName::new("KEY").unwrap();
    let mut written = 0;
    loop {
        match try_write(&tenant, &name, written + 1).await {
            Ok(()) => written += 1,
            Err(CommitError::Store(StoreError::Unavailable(_))) => break,
            Err(error) => panic!("a full disk is {error}"),
        }
    }
    assert!(written > 0);
    for _ in 0..3 {
        assert!(matches!(
            try_write(&tenant, &name, written + 1).await,
            Err(CommitError::Store(_))
        ));
        verify(&tenant, &name, written).await;
    }
    fs::remove_file(&ballast).unwrap();
    try_write(&tenant, &name, written + 1).await.unwrap();
    verify(&tenant, &name, written + 1).await;
    drop(tenant);
    verify(
        &Tenant::open(options(&path.join("data"))).await,
        &name,
        written + 1,
    )
    .await;
}

/// Every version up to `written` is there with its own value, and no more.
async fn verify(tenant: &Tenant, name: &SecretName, written: u64) {
    let versions = tenant
        .store
        .versions(SecretId::from_bytes([1; 16]))
        .await
        .unwrap();
    assert_eq!(versions.len() as u64, written);
    for meta in versions {
        let opened = tenant
            .store
            .open(&tenant.vault, &environment(), name, Some(meta.version))
            .await
            .unwrap();
        let value = opened.unwrap().value.unwrap();
        assert_eq!(value.reveal()[..8], meta.version.get().to_be_bytes());
    }
}
