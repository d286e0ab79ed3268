//! A tenant with a vault to work in, and short ways to say what tests say often.

use std::{collections::BTreeMap, sync::Arc};

use coffer_domain::{
    address::Version,
    api_key::ApiToken,
    audit::{AuditEvent, AuditRecord, Origin, Outcome, Verifier},
    entity::{ApiKey, KeyDetails, Organization, Secret, Usage, Vault, VersionMeta, VersionState},
    id::{ApiKeyId, OrgId, SecretId, VaultId},
    name::{EnvName, Label, OrgName, SecretName, VaultName},
    principal::Principal,
    rights::Grant,
    secret_value::SecretValue,
    store::{Commit, CommitError, LocatedVault, Opened, Precondition, Store, Write},
    testkit::{ManualClock, SeededEntropy},
};
use jiff::Timestamp;

/// The store under test, any.
pub(crate) type AnyStore = Arc<dyn Store>;

/// One tenant of it.
#[derive(Clone)]
pub(crate) struct World {
    pub store: AnyStore,
    pub organization: Organization,
    pub vault: LocatedVault,
    clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
}

/// A tenant whose store is closed.
pub(crate) struct Closed {
    organization: Organization,
    vault: LocatedVault,
    clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
}

impl Closed {
    /// The tenant as the store has it that is now open.
    pub(crate) async fn reopen(self, store: AnyStore) -> World {
        let Self {
            organization,
            vault,
            clock,
            entropy,
        } = self;
        let vault = store
            .vault(&organization.name, &vault.vault.name)
            .await
            .unwrap()
            .unwrap();
        World {
            store,
            organization,
            vault,
            clock,
            entropy,
        }
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_microsecond(1_700_000_000_123_456).unwrap()
}

pub(crate) fn env(name: &str) -> EnvName {
    EnvName::new(name).unwrap()
}

pub(crate) fn secret_name(name: &str) -> SecretName {
    SecretName::new(name).unwrap()
}

pub(crate) fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

pub(crate) fn event(action: &str) -> AuditEvent {
    let origin = Origin {
        door: "native",
        address: None,
        request: None,
        agent: None,
    };
    AuditEvent::new(
        now(),
        &Principal::Controller,
        &origin,
        action,
        "coffer://o/v".to_owned(),
        Outcome::Allowed,
    )
}

impl World {
    /// The tenant `acme` with the vault `app`.
    pub(crate) async fn new(store: AnyStore) -> Self {
        Self::of_tenant(store, "acme").await
    }

    /// The tenant `name` with the vault `app`.
    pub(crate) async fn of_tenant(store: AnyStore, name: &str) -> Self {
        // Ids differ from tenant to tenant and from test to test in one process.
        let seed = name.bytes().fold(7, |hash: u64, byte| {
            hash.wrapping_mul(31).wrapping_add(byte.into())
        });
        let (clock, entropy) = (
            Arc::new(ManualClock::at(now())),
            Arc::new(SeededEntropy::new(seed)),
        );
        let id = OrgId::fresh(&*clock, &*entropy);
        let organization = Organization {
            id,
            name: OrgName::new(name).unwrap(),
            label: None,
            account: None,
            created_at: now(),
        };
        let located = LocatedVault {
            organization: organization.clone(),
            vault: Arc::new(plain_vault(id, "app", [9; 16])),
        };
        let mut world = Self {
            store,
            organization: organization.clone(),
            vault: located,
            clock,
            entropy,
        };
        let first = world.new_vault("app");
        let writes = vec![Write::Organization(organization), Write::Vault(first.clone())];
        world.commit(vec![], writes).await.unwrap();
        world.vault.vault = Arc::new(first);
        world
    }

    /// Closes the store, unless others hold it too.
    pub(crate) fn close(self) -> Closed {
        let Self {
            store,
            organization,
            vault,
            clock,
            entropy,
        } = self;
        drop(store);
        Closed {
            organization,
            vault,
            clock,
            entropy,
        }
    }

    pub(crate) fn new_vault(&self, name: &str) -> Vault {
        plain_vault(
            self.organization.id,
            name,
            *VaultId::fresh(&*self.clock, &*self.entropy).as_bytes(),
        )
    }

    pub(crate) fn new_secret(&self, environment: &str, name: &str) -> Secret {
        Secret {
            id: SecretId::fresh(&*self.clock, &*self.entropy),
            vault: self.vault.vault.id,
            environment: env(environment),
            name: secret_name(name),
            current: Some(Version::FIRST),
            latest: Version::FIRST,
            generator: None,
            owner: None,
            metadata: None,
            trashed: None,
            created_at: now(),
            updated_at: now(),
            revision: 1,
        }
    }

    pub(crate) fn new_key(&self, label: &str) -> (ApiToken, ApiKey) {
        let token = ApiToken::fresh(&*self.entropy);
        let key = ApiKey {
            id: ApiKeyId::fresh(&*self.clock, &*self.entropy),
            organization: self.organization.id,
            name: Label::new(label).unwrap(),
            digest: self.store.digest(&token),
            previous: None,
            grants: vec![Grant::administrator()],
            owner: None,
            created_at: now(),
            rotated_at: now(),
            expires_at: None,
            revoked_at: None,
            details: KeyDetails::default(),
            usage: Usage::default(),
            revision: 1,
        };
        (token, key)
    }

    pub(crate) fn version_of(&self, secret: &Secret, number: u64, value: &[u8]) -> Write {
        let meta = VersionMeta {
            version: version(number),
            state: VersionState::Live,
            created_at: now(),
            created_by: "controller".to_owned(),
            ended_at: None,
            env_file_unfit: None,
        };
        let value = SecretValue::new(value);
        Write::Version {
            organization: self.organization.id,
            vault: secret.vault,
            secret: secret.id,
            meta,
            value,
        }
    }

    pub(crate) fn draft(&self, preconditions: Vec<Precondition>, writes: Vec<Write>) -> Commit {
        Commit {
            organization: self.organization.id,
            preconditions,
            writes,
            audit: event("test.write"),
            changes: vec![],
        }
    }

    pub(crate) async fn commit(
        &self,
        preconditions: Vec<Precondition>,
        writes: Vec<Write>,
    ) -> Result<(), CommitError> {
        self.store.commit(self.draft(preconditions, writes)).await
    }

    /// Writes the next version of a secret, as a use-case would.
    pub(crate) async fn put(
        &self,
        environment: &str,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Secret, CommitError> {
        self.put_over(self.find(environment, name).await, environment, name, value)
            .await
    }

    /// The same, over the row that was read.
    pub(crate) async fn put_over(
        &self,
        present: Option<Secret>,
        environment: &str,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Secret, CommitError> {
        let mut secret = present
            .clone()
            .unwrap_or_else(|| self.new_secret(environment, name));
        if let Some(present) = &present {
            secret.latest = present.latest.next();
            secret.current = Some(secret.latest);
            secret.revision += 1;
        }
        let expected = present.map(|secret| secret.revision);
        let precondition = Precondition::Secret(secret.vault, env(environment), secret_name(name), expected);
        let version = self.version_of(&secret, secret.latest.get(), value.as_ref());
        self.commit(vec![precondition], vec![Write::Secret(secret.clone()), version])
            .await?;
        Ok(secret)
    }

    pub(crate) async fn find(&self, environment: &str, name: &str) -> Option<Secret> {
        self.store
            .secret(self.vault.vault.id, &env(environment), &secret_name(name))
            .await
            .unwrap()
    }

    pub(crate) async fn open(
        &self,
        environment: &str,
        name: &str,
        version: Option<Version>,
    ) -> Option<Opened> {
        self.store
            .open(&self.vault, &env(environment), &secret_name(name), version)
            .await
            .unwrap()
    }

    /// What a deleted version keeps.
    pub(crate) async fn deleted(&self, name: &str, version: u64) -> Option<SecretValue> {
        let version = Version::new(version).unwrap();
        self.store
            .open_deleted(&self.vault, &env("default"), &secret_name(name), version)
            .await
            .unwrap()
    }

    /// The value of the current version.
    pub(crate) async fn value(&self, environment: &str, name: &str) -> Option<Vec<u8>> {
        let value = self.open(environment, name, None).await?.value?;
        Some(value.reveal().to_vec())
    }

    /// The whole chain, verified.
    pub(crate) async fn verified_chain(&self) -> Vec<AuditRecord> {
        let records = self.store.audit(self.organization.id, 0, u32::MAX).await.unwrap();
        let mut verifier = Verifier::new(self.organization.id);
        for record in &records {
            verifier.take(record).unwrap();
        }
        records
    }
}

fn plain_vault(organization: OrgId, name: &str, id: [u8; 16]) -> Vault {
    Vault {
        id: VaultId::from_bytes(id),
        organization,
        name: VaultName::new(name).unwrap(),
        environments: vec![env("default")],
        environment_types: BTreeMap::new(),
        restricted: false,
        access: vec![],
        owner: None,
        created_at: now(),
        revision: 1,
    }
}
