//! The use-cases over the store in memory: rights, versions, ownership, audit.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod api_keys;
mod approvals;
mod audit;
mod audit_entries;
mod audit_window;
mod changes;
mod consumers;
mod copies;
mod declare;
mod described;
mod documents;
mod door_keys;
mod keynest;
mod keyway;
mod kv2;
mod outbox;
mod requests;
mod returned;
mod sealing;
mod secrets;
mod succession;
mod succession_orders;
mod trash;
mod vaults;

use std::{sync::Arc, time::Duration};

use coffer_domain::{
    address::{Address, Place},
    audit::Origin,
    entity::{Organization, Owner},
    id::OrgId,
    name::{EnvName, Label, OrgName, SecretName, VaultName},
    pattern::Pattern,
    principal::{Principal, Workload},
    rights::{Access, Grant, Permission},
    secret_value::SecretValue,
    testkit::{ManualClock, MemoryStore, NoKeyPairs, SeededEntropy},
    usecase::{Caller, Coffer, api_keys::NewApiKey, secrets::PutOptions, vaults::VaultSettings},
};

/// One organization `team` with a vault `app` and environments `default` and `production`.
pub(crate) struct World {
    pub(crate) coffer: Coffer,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) team: Organization,
}

impl World {
    pub(crate) fn new() -> Self {
        let store = MemoryStore::new();
        let clock = Arc::new(ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap()));
        let coffer = Coffer::new(
            store.clone(),
            clock.clone(),
            Arc::new(SeededEntropy::new(1)),
            Arc::new(NoKeyPairs),
        );
        let team = run(coffer.ensure_organization(&Caller::controller(), &org("team"))).unwrap();
        let settings = VaultSettings {
            environments: vec![env("default"), env("production")],
            access: vec![Access {
                service_accounts: vec![Pattern::new("web")],
                namespaces: vec![Pattern::new("team")],
                environments: vec![Pattern::any()],
                names: vec![Pattern::new("DB_*")],
            }],
            owner: None,
        };
        run(coffer.create_vault(&Caller::controller(), &org("team"), &vault("app"), settings)).unwrap();
        Self {
            coffer,
            store,
            clock,
            team,
        }
    }

    /// A key of `organization` with these permissions on everything.
    pub(crate) fn key(&self, organization: &str, permissions: &[Permission]) -> (Caller, String) {
        let grant = Grant {
            permissions: permissions.iter().copied().collect(),
            ..Grant::administrator()
        };
        self.key_with(organization, vec![grant])
    }

    pub(crate) fn key_with(&self, organization: &str, grants: Vec<Grant>) -> (Caller, String) {
        run(self
            .coffer
            .ensure_organization(&Caller::controller(), &org(organization)))
        .unwrap();
        let new = NewApiKey::plain(Label::new("test").unwrap(), grants);
        let issued = run(self
            .coffer
            .create_api_key(&Caller::controller(), &org(organization), new))
        .unwrap();
        let token = String::from_utf8(issued.token.secret().reveal().to_vec()).unwrap();
        (self.caller(&token), token)
    }

    pub(crate) fn caller(&self, token: &str) -> Caller {
        caller(run(self.coffer.authenticate(token)).unwrap())
    }

    pub(crate) fn put(&self, name: &str, value: &str) {
        let address = secret(name);
        run(self.coffer.put_secret(
            &Caller::controller(),
            &address,
            value.into(),
            PutOptions::default(),
        ))
        .unwrap();
    }

    pub(crate) fn read(&self, caller: &Caller, name: &str) -> Result<String, coffer_domain::Error> {
        let read = run(self.coffer.read_secret(caller, &secret(name), None))?;
        Ok(text(&read.value))
    }

    pub(crate) fn last_event(&self, organization: OrgId) -> coffer_domain::audit::AuditEvent {
        self.store.audit_events(organization).pop().unwrap()
    }
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    futures::executor::block_on(future)
}

pub(crate) fn caller(principal: Principal) -> Caller {
    Caller {
        principal,
        origin: Origin {
            door: "native",
            address: Some("127.0.0.1".into()),
            request: None,
            agent: None,
        },
    }
}

pub(crate) fn pod(service_account: &str, uid: &str) -> Caller {
    caller(Principal::Workload(Workload {
        namespace: "team".into(),
        service_account: service_account.into(),
        pod: format!("pod-{uid}"),
        pod_uid: uid.into(),
    }))
}

pub(crate) fn owner(uid: &str) -> Owner {
    Owner {
        kind: "VaultSecret".into(),
        name: "team/app".into(),
        uid: uid.into(),
    }
}

pub(crate) fn text(value: &SecretValue) -> String {
    String::from_utf8(value.reveal().to_vec()).unwrap()
}

pub(crate) fn org(name: &str) -> OrgName {
    OrgName::new(name).unwrap()
}

pub(crate) fn vault(name: &str) -> VaultName {
    VaultName::new(name).unwrap()
}

pub(crate) fn env(name: &str) -> EnvName {
    EnvName::new(name).unwrap()
}

pub(crate) fn name(text: &str) -> SecretName {
    SecretName::new(text).unwrap()
}

pub(crate) fn place() -> Place {
    Place {
        organization: org("team"),
        vault: vault("app"),
        environment: env("default"),
    }
}

pub(crate) fn secret(text: &str) -> Address {
    place().secret(name(text))
}

pub(crate) const HOUR: Duration = Duration::from_hours(1);
