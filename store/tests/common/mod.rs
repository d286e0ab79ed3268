//! A tenant with a vault, for programs that drive the embedded store from outside.
#![expect(
    clippy::unwrap_used,
    reason = "a test helper: a failure here is the test's failure"
)]
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each program uses its part of this"
)]

use std::{path::Path, sync::Arc};

use coffer_domain::{
    address::Version,
    audit::{AuditEvent, Origin, Outcome},
    entity::{Organization, Secret, Vault, VersionMeta, VersionState},
    id::{OrgId, SecretId, VaultId},
    name::{EnvName, OrgName, SecretName, VaultName},
    port::Clock,
    principal::Principal,
    secret_value::SecretValue,
    store::{Commit, LocatedVault, Store, Write},
};
use coffer_store::{
    Seed, SqliteStore, StoreOptions, SystemClock, SystemEntropy, kek::StaticKek, open_sqlite,
};

/// What a program was given, the harness' own flags aside.
pub fn arguments() -> Vec<String> {
    std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect()
}

/// What a program runs on.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The only environment.
pub fn environment() -> EnvName {
    EnvName::default_environment()
}

/// The store's options under a fixed root key.
pub fn options(path: &Path) -> StoreOptions {
    let entropy = Arc::new(SystemEntropy::checked().unwrap());
    let kek = StaticKek::from_keys(Seed::from_slice(&[7; 32]).unwrap(), vec![], entropy);
    StoreOptions::new(path, Arc::new(kek)).unwrap()
}

/// An event of now.
pub fn event(action: &str) -> AuditEvent {
    let origin = Origin {
        door: "native",
        address: Some("192.0.2.1".into()),
        request: Some("req-0123456789".into()),
        agent: None,
    };
    let target = "coffer://acme/app/default/DATABASE_URL".to_owned();
    AuditEvent::new(
        SystemClock.now(),
        &Principal::Controller,
        &origin,
        action,
        target,
        Outcome::Allowed,
    )
}

/// A store with its tenant.
#[derive(Clone)]
pub struct Tenant {
    pub store: Arc<SqliteStore>,
    pub vault: LocatedVault,
}

impl Tenant {
    /// Opens the store at `path` and finds its tenant there, or makes it.
    pub async fn open(options: StoreOptions) -> Self {
        let entropy = Arc::clone(&options.entropy);
        let store = Arc::new(open_sqlite(options).await.unwrap());
        let (organization, vault) = (OrgName::new("acme").unwrap(), VaultName::new("app").unwrap());
        if let Some(vault) = store.vault(&organization, &vault).await.unwrap() {
            return Self { store, vault };
        }
        let organization = Organization {
            id: OrgId::fresh(&SystemClock, &*entropy),
            name: organization,
            label: None,
            account: None,
            created_at: SystemClock.now(),
        };
        let vault = Vault {
            id: VaultId::fresh(&SystemClock, &*entropy),
            organization: organization.id,
            name: vault,
            environments: vec![environment()],
            access: vec![],
            owner: None,
            environment_types: std::collections::BTreeMap::new(),
            restricted: false,
            created_at: SystemClock.now(),
            revision: 1,
        };
        let tenant = Self {
            store,
            vault: LocatedVault {
                organization,
                vault: Arc::new(vault),
            },
        };
        let (organization, vault) = (tenant.vault.organization.clone(), (*tenant.vault.vault).clone());
        tenant
            .commit(vec![Write::Organization(organization), Write::Vault(vault)])
            .await;
        tenant
    }

    pub async fn commit(&self, writes: Vec<Write>) {
        let organization = self.vault.organization.id;
        let audit = event("secret.write");
        self.store
            .commit(Commit {
                organization,
                preconditions: vec![],
                writes,
                audit,
                changes: vec![],
            })
            .await
            .unwrap();
    }

    /// What writes version `number` of a secret.
    pub fn version(&self, id: SecretId, name: &SecretName, number: u64, value: &[u8]) -> Vec<Write> {
        let version = Version::new(number).unwrap();
        let secret = Secret {
            id,
            vault: self.vault.vault.id,
            environment: environment(),
            name: name.clone(),
            current: Some(version),
            latest: version,
            generator: None,
            owner: None,
            metadata: None,
            trashed: None,
            created_at: SystemClock.now(),
            updated_at: SystemClock.now(),
            revision: number,
        };
        let meta = VersionMeta {
            version,
            state: VersionState::Live,
            created_at: SystemClock.now(),
            created_by: "controller".into(),
            ended_at: None,
            env_file_unfit: None,
        };
        let (organization, vault) = (self.vault.organization.id, self.vault.vault.id);
        let version = Write::Version {
            organization,
            vault,
            secret: id,
            meta,
            value: SecretValue::new(value),
        };
        vec![Write::Secret(secret), version]
    }
}
