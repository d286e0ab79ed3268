//! Building one commit over several secrets of one environment.

use jiff::Timestamp;

use crate::{
    address::{Place, Version},
    audit::AuditEvent,
    change::{ChangeDraft, Subject},
    entity::{Owner, Secret, VersionMeta, VersionState},
    envfile,
    generate::Generator,
    id::SecretId,
    name::SecretName,
    secret_value::SecretValue,
    store::{Commit, LocatedVault, Precondition, Write},
    usecase::Coffer,
};

/// A commit in the making.
pub(super) struct Plan<'a> {
    place: &'a Place,
    located: &'a LocatedVault,
    author: String,
    now: Timestamp,
    commit: Commit,
}

/// What a new version changes besides the value.
#[derive(Debug, Clone, Default)]
pub(super) struct Ownership {
    pub owner: Option<Owner>,
    pub generator: Option<Generator>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(place: &'a Place, located: &'a LocatedVault, event: AuditEvent) -> Self {
        let (author, now) = (event.principal.clone(), event.at);
        let commit = Commit {
            organization: located.organization.id,
            preconditions: Vec::new(),
            writes: Vec::new(),
            audit: event,
            changes: Vec::new(),
        };
        Self {
            place,
            located,
            author,
            now,
            commit,
        }
    }

    /// Whether there is anything to commit.
    pub(super) fn is_empty(&self) -> bool {
        self.commit.writes.is_empty()
    }

    /// The commit, naming in its event what was touched.
    pub(super) fn finish(self) -> Commit {
        self.commit
    }

    /// Adds a version to `present`, or to a new secret.
    pub(super) fn write(
        &mut self,
        coffer: &Coffer,
        name: &SecretName,
        present: Option<&Secret>,
        value: SecretValue,
        ownership: Ownership,
    ) -> (Secret, VersionMeta) {
        let version = present.map_or(Version::FIRST, |secret| secret.latest.next());
        let meta = VersionMeta {
            version,
            state: VersionState::Live,
            created_at: self.now,
            created_by: self.author.clone(),
            ended_at: None,
            env_file_unfit: envfile::check(name.as_str(), &value)
                .err()
                .map(|unfit| unfit.to_string()),
        };
        let secret = Secret {
            id: present.map_or_else(
                || SecretId::fresh(&*coffer.clock, &*coffer.entropy),
                |secret| secret.id,
            ),
            vault: self.located.vault.id,
            environment: self.place.environment.clone(),
            name: name.clone(),
            current: Some(version),
            latest: version,
            generator: ownership.generator,
            owner: ownership.owner,
            created_at: present.map_or(self.now, |secret| secret.created_at),
            updated_at: self.now,
            revision: present.map_or(0, |secret| secret.revision) + 1,
        };
        self.expect(name, present);
        self.commit.writes.push(Write::Secret(secret.clone()));
        let (organization, vault) = (self.located.organization.id, self.located.vault.id);
        self.commit.writes.push(Write::Version {
            organization,
            vault,
            secret: secret.id,
            meta: meta.clone(),
            value,
        });
        self.announce(name, Some(version), &version.to_string());
        (secret, meta)
    }

    /// Changes a secret's row and nothing else.
    pub(super) fn amend(&mut self, present: &Secret, mut changed: Secret) {
        changed.revision = present.revision + 1;
        self.expect(&present.name, Some(present));
        if present.current != changed.current {
            self.announce(&present.name, changed.current, "");
        }
        self.commit.writes.push(Write::Secret(changed));
    }

    /// Moves versions of a secret to `state`; its current version is the latest, while that is live.
    pub(super) fn shift(
        &mut self,
        present: &Secret,
        versions: &[VersionMeta],
        moved: &[Version],
        state: VersionState,
    ) {
        let current = self.shifted(present, versions, moved, state);
        self.amend(
            present,
            Secret {
                current,
                ..present.clone()
            },
        );
    }

    /// The same, and nobody manages it any more.
    pub(super) fn shift_released(
        &mut self,
        present: &Secret,
        versions: &[VersionMeta],
        moved: &[Version],
        state: VersionState,
    ) {
        let current = self.shifted(present, versions, moved, state);
        self.amend(
            present,
            Secret {
                current,
                owner: None,
                generator: None,
                ..present.clone()
            },
        );
    }

    fn shifted(
        &mut self,
        present: &Secret,
        versions: &[VersionMeta],
        moved: &[Version],
        state: VersionState,
    ) -> Option<Version> {
        let state_of = |meta: &VersionMeta| {
            if moved.contains(&meta.version) {
                state
            } else {
                meta.state
            }
        };
        let latest_lives = versions
            .iter()
            .any(|meta| meta.version == present.latest && state_of(meta) == VersionState::Live);
        for &version in moved {
            self.commit.writes.push(Write::VersionState {
                secret: present.id,
                version,
                state,
                at: self.now,
            });
            self.commit
                .audit
                .versions
                .push(label(&present.name, &version.to_string()));
        }
        latest_lives.then_some(present.latest)
    }

    fn expect(&mut self, name: &SecretName, present: Option<&Secret>) {
        let environment = self.place.environment.clone();
        let revision = present.map(|secret| secret.revision);
        let vault = self.located.vault.id;
        self.commit
            .preconditions
            .push(Precondition::Secret(vault, environment, name.clone(), revision));
    }

    fn announce(&mut self, name: &SecretName, version: Option<Version>, touched: &str) {
        let (vault, environment) = (self.located.vault.id, self.place.environment.clone());
        let subject = Subject::Secret {
            vault,
            environment,
            name: name.clone(),
            version,
        };
        self.commit.changes.push(ChangeDraft {
            subject,
            at: self.now,
        });
        if !touched.is_empty() {
            self.commit.audit.versions.push(label(name, touched));
        }
    }
}

/// `NAME@3`: which version of what.
fn label(name: &SecretName, version: &str) -> String {
    format!("{name}@{version}")
}
