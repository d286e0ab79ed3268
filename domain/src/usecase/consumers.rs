//! Delivery to pods, their acknowledgements, and the ledger of which pod holds which version.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    ATTEMPTS, Caller, Coffer, MAX_PAGE,
    access::{Ask, not_found},
    contended,
};
use crate::{
    Error,
    address::{Place, Version},
    audit::Outcome,
    change::{ChangeDraft, Subject},
    entity::{Consumer, Secret},
    name::SecretName,
    principal::{Principal, Workload},
    rights::{Decision, Permission, Target, decide},
    secret_value::SecretValue,
    store::{Commit, LocatedVault, Precondition, Write},
    succession::{Laggard, Retiring},
};

/// What a pod wants.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// These secrets, every one of which must be there.
    Named(Vec<SecretName>),
    /// Every secret of the environment that its grant covers.
    All,
}

/// A secret as delivered.
#[derive(Debug)]
pub struct Delivery {
    /// The version.
    pub version: Version,
    /// Its value.
    pub value: SecretValue,
    /// Why an env file cannot carry it.
    pub env_file_unfit: Option<String>,
}

/// A line of the ledger, beside what the secret is at.
#[derive(Debug, Clone)]
pub struct Held {
    /// The line.
    pub line: Consumer,
    /// The secret's current version; `None`: it has none, and nothing newer can come of it.
    pub current: Option<Version>,
    /// The consumer, if it has not put the current version in place.
    pub laggard: Option<Laggard>,
    /// What is kept for those that lag, and until when at most.
    pub retiring: Option<(Retiring, Timestamp)>,
}

impl Held {
    fn of(line: Consumer, secret: Option<&Secret>) -> Self {
        let current = secret.and_then(|secret| secret.current);
        let retiring = secret.and_then(Secret::retiring);
        let retiring = retiring.map(|(succession, it)| (it, succession.deadline(it.since)));
        let written = secret.map(|secret| secret.updated_at);
        let changed = retiring.map(|(it, _)| it.since).or(written);
        let lags = current.zip(changed);
        Self {
            laggard: lags.and_then(|(current, changed)| Laggard::of(&line, current, changed)),
            line,
            current,
            retiring,
        }
    }
}

const DELIVER: Ask = Ask {
    permission: Permission::Read,
    action: "secret.deliver",
};

impl Coffer {
    /// The versions a pod would be given now: what to compare before delivering again. Not an access: no
    /// value is read and nothing is recorded.
    pub async fn wanted_versions(
        &self,
        caller: &Caller,
        place: &Place,
        wanted: &Wanted,
    ) -> Result<BTreeMap<SecretName, Version>, Error> {
        let (_, secrets) = self.wanted_secrets(caller, place, wanted).await?;
        Ok(secrets
            .into_iter()
            .filter_map(|secret| Some((secret.name, secret.current?)))
            .collect())
    }

    /// Reads what a pod wants and enters the delivery in the ledger and the audit log.
    pub async fn deliver(
        &self,
        caller: &Caller,
        place: &Place,
        wanted: &Wanted,
    ) -> Result<BTreeMap<SecretName, Delivery>, Error> {
        for _ in 0..ATTEMPTS {
            let (located, secrets) = self.wanted_secrets(caller, place, wanted).await?;
            let mut delivered = BTreeMap::new();
            for secret in &secrets {
                if let Some(delivery) = self.open_current(&located, place, secret).await? {
                    delivered.insert(secret.name.clone(), delivery);
                }
            }
            let mut event = self.event(caller, DELIVER.action, place.to_string(), Outcome::Allowed);
            event.versions = delivered
                .iter()
                .map(|(name, one)| format!("{name}@{}", one.version))
                .collect();
            let Principal::Workload(pod) = &caller.principal else {
                self.store.record(located.organization.id, event).await?;
                return Ok(delivered);
            };
            let lines = secrets.iter().filter_map(|secret| {
                let version = delivered.get(&secret.name)?.version;
                Some(self.delivered_line(pod, secret, version))
            });
            let commit = Commit {
                organization: located.organization.id,
                preconditions: unchanged(&located, place, &secrets),
                writes: lines.map(Write::Consumer).collect(),
                audit: event,
                changes: vec![self.ledger_change(&located, place)],
            };
            if self.try_commit(commit).await? {
                return Ok(delivered);
            }
        }
        Err(contended(place))
    }

    /// Enters in the ledger that a pod has put these versions in place.
    pub async fn acknowledge(
        &self,
        caller: &Caller,
        place: &Place,
        entries: &[(SecretName, Version)],
    ) -> Result<(), Error> {
        let Principal::Workload(pod) = &caller.principal else {
            return Err(Error::invalid(
                "token",
                "only a pod acknowledges, with its service-account token",
            ));
        };
        let ask = Ask {
            action: "secret.acknowledge",
            ..DELIVER
        };
        for _ in 0..ATTEMPTS {
            let located = self.authorise_environment(caller, ask, place).await?;
            let ledger = self
                .store
                .pod_consumers(&located, &place.environment, &pod.pod_uid)
                .await?;
            let mut event = self.event(caller, ask.action, place.to_string(), Outcome::Allowed);
            let mut writes = Vec::new();
            for (name, version) in entries {
                let line = ledger.iter().find(|line| line.name == *name);
                let line = line.filter(|line| *version <= line.delivered);
                let line =
                    line.ok_or_else(|| not_found("delivery", format!("of {name} version {version}")))?;
                if line.acknowledged < Some(*version) {
                    writes.push(Write::Consumer(self.acknowledged_line(line, *version)));
                    event.versions.push(format!("{name}@{version}"));
                }
            }
            if writes.is_empty() {
                return Ok(());
            }
            let changes = vec![self.ledger_change(&located, place)];
            let organization = located.organization.id;
            let commit = Commit {
                organization,
                preconditions: Vec::new(),
                writes,
                audit: event,
                changes,
            };
            if self.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended(place))
    }

    /// The ledger of an environment.
    pub async fn list_consumers(&self, caller: &Caller, place: &Place) -> Result<Vec<Held>, Error> {
        let ask = Ask {
            permission: Permission::ReadConsumers,
            action: "consumers.read",
        };
        let located = self.authorise(caller, ask, place, None).await?;
        let lines = self.store.consumers(located.vault.id, &place.environment).await?;
        let mut secrets: BTreeMap<SecretName, Option<Secret>> = BTreeMap::new();
        let mut all = Vec::with_capacity(lines.len());
        for line in lines {
            if !secrets.contains_key(&line.name) {
                let (environment, name) = (&place.environment, &line.name);
                let secret = self.store.secret(located.vault.id, environment, name).await?;
                secrets.insert(line.name.clone(), secret);
            }
            let secret = secrets.get(&line.name).and_then(Option::as_ref);
            all.push(Held::of(line, secret));
        }
        Ok(all)
    }

    /// Forgets a pod that is gone. For our own controllers.
    pub async fn forget_pod(&self, caller: &Caller, place: &Place, pod_uid: &str) -> Result<(), Error> {
        let ask = Ask {
            permission: Permission::ManageVaults,
            action: "consumers.forget",
        };
        let located = self.authorise(caller, ask, place, None).await?;
        let commit = Commit {
            organization: located.organization.id,
            preconditions: Vec::new(),
            writes: vec![Write::ForgetPod(pod_uid.to_owned())],
            audit: self.event(
                caller,
                ask.action,
                format!("{place} pod {pod_uid}"),
                Outcome::Allowed,
            ),
            changes: vec![self.ledger_change(&located, place)],
        };
        self.try_commit(commit).await.map(drop)
    }

    pub(super) async fn wanted_secrets(
        &self,
        caller: &Caller,
        place: &Place,
        wanted: &Wanted,
    ) -> Result<(LocatedVault, Vec<Secret>), Error> {
        match wanted {
            Wanted::Named(names) => {
                let mut secrets = Vec::with_capacity(names.len());
                let located = self.authorise_environment(caller, DELIVER, place).await?;
                for name in names {
                    self.authorise(caller, DELIVER, place, Some(name)).await?;
                    let secret = self
                        .store
                        .secret(located.vault.id, &place.environment, name)
                        .await?;
                    match secret.filter(|secret| secret.current.is_some()) {
                        Some(secret) => {
                            self.check_usable(&secret, &place.secret(name.clone()))?;
                            secrets.push(secret);
                        }
                        None => {
                            return Err(self
                                .missing_secret(caller, &located, &place.secret(name.clone()))
                                .await?);
                        }
                    }
                }
                Ok((located, secrets))
            }
            Wanted::All => {
                let located = self.authorise_environment(caller, DELIVER, place).await?;
                let mut secrets = self
                    .store
                    .secrets(located.vault.id, &place.environment, None, MAX_PAGE)
                    .await?;
                let now = self.clock.now();
                secrets.retain(|secret| {
                    secret.current.is_some()
                        && secret.usable(now).is_ok()
                        && may_read(caller, &located, secret)
                });
                Ok((located, secrets))
            }
        }
    }

    /// Whether the caller may read anything here at all: names are then judged one by one.
    async fn authorise_environment(
        &self,
        caller: &Caller,
        ask: Ask,
        place: &Place,
    ) -> Result<LocatedVault, Error> {
        self.authorise(caller, ask, place, None).await
    }

    async fn open_current(
        &self,
        located: &LocatedVault,
        place: &Place,
        secret: &Secret,
    ) -> Result<Option<Delivery>, Error> {
        let opened = self
            .store
            .open(located, &place.environment, &secret.name, None)
            .await?;
        Ok(opened.and_then(|opened| {
            let (version, env_file_unfit) = (opened.meta.version, opened.meta.env_file_unfit);
            opened.value.map(|value| Delivery {
                version,
                value,
                env_file_unfit,
            })
        }))
    }

    /// Without an acknowledgement: the store keeps the one there is, and the version that the pod started with.
    fn delivered_line(&self, pod: &Workload, secret: &Secret, version: Version) -> Consumer {
        Consumer {
            secret: secret.id,
            name: secret.name.clone(),
            namespace: pod.namespace.clone(),
            pod: pod.pod.clone(),
            pod_uid: pod.pod_uid.clone(),
            started: version,
            delivered: version,
            delivered_at: self.clock.now(),
            acknowledged: None,
            acknowledged_at: None,
        }
    }

    fn acknowledged_line(&self, line: &Consumer, version: Version) -> Consumer {
        Consumer {
            acknowledged: Some(version),
            acknowledged_at: Some(self.clock.now()),
            ..line.clone()
        }
    }

    fn ledger_change(&self, located: &LocatedVault, place: &Place) -> ChangeDraft {
        let subject = Subject::Consumers {
            vault: located.vault.id,
            environment: place.environment.clone(),
        };
        ChangeDraft {
            subject,
            at: self.clock.now(),
        }
    }
}

/// What waits for its consumers must not reach one that nobody waits for: a rotation that comes between the reading of
/// a value and the entry of its delivery has the pod given the new one.
fn unchanged(located: &LocatedVault, place: &Place, secrets: &[Secret]) -> Vec<Precondition> {
    let waits = |secret: &&Secret| {
        let said = secret.metadata.as_ref();
        said.is_some_and(|said| said.succession.is_some())
    };
    let secrets = secrets.iter().filter(waits).map(|secret| {
        let (environment, name) = (place.environment.clone(), secret.name.clone());
        Precondition::Secret(located.vault.id, environment, name, Some(secret.revision))
    });
    secrets.collect()
}

pub(super) fn may_read(caller: &Caller, located: &LocatedVault, secret: &Secret) -> bool {
    let target = Target {
        organization: located.organization.id,
        vault: Some(located.vault.name.as_str()),
        environment: Some(secret.environment.as_str()),
        name: Some(secret.name.as_str()),
    };
    decide(&caller.principal, Permission::Read, &target, Some(&located.vault)) == Decision::Allow
}
