//! Building one commit over several secrets of one environment.

use std::{ops::Range, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    address::{Place, Version},
    audit::AuditEvent,
    change::{ChangeDraft, Subject},
    entity::{Owner, Secret, VersionMeta, VersionState},
    envfile,
    generate::Generator,
    id::SecretId,
    metadata::Metadata,
    name::SecretName,
    secret_value::SecretValue,
    store::{Commit, LocatedVault, Precondition, Write},
    succession::Succession,
    usecase::Coffer,
};

/// A commit in the making.
pub(super) struct Plan<'a> {
    place: &'a Place,
    located: &'a LocatedVault,
    author: String,
    now: Timestamp,
    next_birth: Timestamp,
    commit: Commit,
}

/// What a new version changes besides the value.
#[derive(Debug, Clone, Default)]
pub(super) struct Ownership {
    pub owner: Option<Owner>,
    pub generator: Option<Generator>,
    /// What is said of it from now on; `None` leaves that as it is.
    pub metadata: Option<Metadata>,
    /// What becomes of the version before.
    pub patience: Patience,
}

/// What becomes of the version before, once there is a newer one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Patience {
    /// What was said before.
    #[default]
    AsItWas,
    /// From now on: it goes when the consumers have the newer one, and at the latest after so long. `None`: it stays.
    Set(Option<Duration>),
}

impl Patience {
    /// What was said of `present`, as it is now said.
    pub(super) fn over(self, present: Option<&Secret>) -> Option<Succession> {
        let before = present.and_then(|secret| secret.metadata.as_ref()?.succession);
        match self {
            Self::AsItWas => before,
            Self::Set(None) => None,
            Self::Set(Some(patience)) => Some(Succession {
                retiring: before.and_then(|before| before.retiring),
                ..Succession::new(patience)
            }),
        }
    }
}

impl<'a> Plan<'a> {
    pub(super) fn new(place: &'a Place, located: &'a LocatedVault, event: AuditEvent) -> Self {
        let (author, now) = (event.principal.clone(), event.at);
        let commit = Commit {
            organization: located.organization.id,
            // A write must not land in an environment that is being renamed or deleted.
            preconditions: vec![Precondition::Environment(
                located.vault.id,
                place.environment.clone(),
            )],
            writes: Vec::new(),
            audit: event,
            changes: Vec::new(),
        };
        Self {
            place,
            located,
            author,
            now,
            next_birth: now,
            commit,
        }
    }

    /// No secret has this name.
    pub(super) fn expect_free(&mut self, name: &SecretName) {
        self.expect(name, None);
    }

    /// Deletes a secret that is in the trash.
    pub(super) fn purge(&mut self, secret: &Secret) {
        let precondition = Precondition::SecretById(secret.id, Some(secret.revision));
        self.commit.preconditions.push(precondition);
        self.commit.writes.push(Write::DropSecret(secret.id));
        self.mention(secret.name.to_string());
    }

    /// Over the trash of environments that may not be part of their vault any more.
    pub(super) fn on_trash(place: &'a Place, located: &'a LocatedVault, event: AuditEvent) -> Self {
        let mut plan = Self::new(place, located, event);
        plan.commit.preconditions.clear();
        plan
    }

    /// When it happens.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Says in the event how many of each.
    pub(super) fn count(&mut self, counts: &[(&str, u64)]) {
        let counts = counts.iter().map(|(what, count)| ((*what).to_owned(), *count));
        self.commit.audit.counts.extend(counts);
    }

    /// Names in the event what was touched, in a few words.
    pub(super) fn mention(&mut self, what: String) {
        self.commit.audit.versions.push(what);
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
        let mut metadata = ownership.metadata.map_or_else(
            || present.and_then(|secret| secret.metadata.clone()),
            Metadata::kept,
        );
        let dropped = trim(&mut metadata, version);
        let succession = ownership.patience.over(present);
        let before = present.and_then(|secret| secret.current);
        let succession = succession.map(|it| it.after_write(before, self.now));
        let metadata = Metadata::with_succession(metadata, succession);
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
            metadata,
            trashed: None,
            // Those made in one commit differ, so that they come in the order in which they were made.
            created_at: present.map_or_else(|| self.birth(), |secret| secret.created_at),
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
        self.drop_versions(secret.id, dropped);
        self.announce(name, Some(version), &version.to_string());
        (secret, meta)
    }

    /// Erases versions that are not kept any more.
    fn drop_versions(&mut self, secret: SecretId, dropped: Range<u64>) {
        for version in dropped.filter_map(Version::new) {
            self.commit.writes.push(Write::VersionState {
                secret,
                version,
                state: VersionState::Destroyed,
                at: self.now,
            });
        }
    }

    /// A time for one more new secret, a microsecond after the last.
    fn birth(&mut self) -> Timestamp {
        let at = self.next_birth;
        self.next_birth = at
            .checked_add(SignedDuration::from_micros(1))
            .unwrap_or(Timestamp::MAX);
        at
    }

    /// Changes a secret's row and nothing else.
    pub(super) fn amend(&mut self, present: &Secret, mut changed: Secret) {
        changed.revision = present.revision + 1;
        if present.trashed.is_none() {
            self.expect(&present.name, Some(present));
        } else {
            let precondition = Precondition::SecretById(present.id, Some(present.revision));
            self.commit.preconditions.push(precondition);
        }
        let (before, after) = (shown(present), shown(&changed));
        if changed.name != present.name {
            self.announce(&present.name, None, "");
            self.announce(&changed.name, after, "");
        } else if before != after || present.metadata != changed.metadata {
            self.announce(&present.name, after, "");
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
                ..released(present)
            },
        );
    }

    /// Deletes versions that were on their way out, which are none of the current ones.
    pub(super) fn retire(&mut self, present: &Secret, versions: &[VersionMeta], moved: &[Version]) {
        let current = self.shifted(present, versions, moved, VersionState::Deleted);
        let said = present.metadata.clone();
        let succession = said.as_ref().and_then(|said| said.succession);
        let succession = succession.map(|it| Succession { retiring: None, ..it });
        self.amend(
            present,
            Secret {
                current,
                metadata: Metadata::with_succession(said, succession),
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

    /// The secret of this name is as it was read.
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

/// A secret that nobody manages any more: it waits for nobody either.
pub(super) fn released(present: &Secret) -> Secret {
    Secret {
        owner: None,
        generator: None,
        metadata: Metadata::with_succession(present.metadata.clone(), None),
        ..present.clone()
    }
}

/// What is said of a secret once `version` is written, and the versions that are then too many.
fn trim(metadata: &mut Option<Arc<Metadata>>, version: Version) -> Range<u64> {
    let Some((said, retention)) = metadata.as_deref().and_then(|said| Some((said, said.retention?))) else {
        return 0..0;
    };
    let (after, dropped) = retention.after(version.get());
    if after != retention {
        *metadata = Metadata {
            retention: Some(after),
            ..said.clone()
        }
        .kept();
    }
    dropped
}

/// The version that everything but the trash sees.
fn shown(secret: &Secret) -> Option<Version> {
    secret.current.filter(|_| secret.trashed.is_none())
}

/// `NAME@3`: which version of what.
pub(super) fn label(name: &SecretName, version: &str) -> String {
    format!("{name}@{version}")
}
