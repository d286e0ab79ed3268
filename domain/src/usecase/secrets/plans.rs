//! Commits over secrets that a door's own use-case hands over, with rows of its own beside them. Each is decided
//! and planned here as any other; whoever asks for one decides anew if it is not taken.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{
    DELETE, WRITE,
    describe::exists,
    plan::{Ownership, Plan},
    write::{check_mutable, check_size, check_unmanaged},
};
use crate::{
    Error,
    address::{Address, Place},
    audit::Outcome,
    change::{ChangeDraft, Subject},
    entity::Secret,
    name::SecretName,
    secret_value::SecretValue,
    store::{Commit, LocatedVault, Precondition, Write},
    usecase::{Caller, Coffer, access::Ask},
};

/// Values on their way into an environment.
pub(crate) struct Merge {
    /// All of them; empty of writes if every value is there already.
    pub(crate) commit: Commit,
    /// Those whose names were free, as they will be.
    pub(crate) created: Vec<Secret>,
    /// Those that were there, the unchanged ones too, as they will be.
    pub(crate) updated: Vec<Secret>,
}

impl Coffer {
    /// Every secret of an environment that has a current version, by name; who may see it is decided by the caller.
    pub(crate) async fn present_secrets(
        &self,
        located: &LocatedVault,
        place: &Place,
    ) -> Result<Vec<Secret>, Error> {
        let all = self.environment(located, place).await?.into_values();
        Ok(all.filter(|secret| secret.current.is_some()).collect())
    }

    /// Writes `values` in the order given, and leaves all other secrets as they are.
    pub(crate) async fn plan_merge(
        &self,
        caller: &Caller,
        action: &'static str,
        place: &Place,
        values: &[(SecretName, SecretValue)],
    ) -> Result<Merge, Error> {
        let ask = Ask { action, ..WRITE };
        let located = self.authorise(caller, ask, place, None).await?;
        let event = self.event(caller, action, place.to_string(), Outcome::Allowed);
        let mut plan = Plan::new(place, &located, event);
        let (mut created, mut updated, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (name, value) in values {
            check_size(value)?;
            if !seen.insert(name) {
                return Err(Error::invalid("values", format!("{name} is there twice")));
            }
            self.authorise(caller, ask, place, Some(name)).await?;
            let (vault, environment) = (located.vault.id, &place.environment);
            let found = self.store.secret(vault, environment, name).await?;
            if let Some(secret) = &found
                && self.holds(&located, place, secret, value).await?
            {
                updated.push(secret.clone());
                continue;
            }
            let address = place.secret(name.clone());
            check_unmanaged(&address, found.as_ref())?;
            check_mutable(&address, found.as_ref())?;
            let lives = found.as_ref().is_some_and(|secret| secret.current.is_some());
            let ownership = Ownership::default();
            let (secret, _) = plan.write(self, name, found.as_ref(), value.clone(), ownership);
            if lives {
                updated.push(secret);
            } else {
                created.push(secret);
            }
        }
        plan.count(&[
            ("created", created.len() as u64),
            ("updated", updated.len() as u64),
        ]);
        let commit = plan.finish();
        Ok(Merge {
            commit,
            created,
            updated,
        })
    }

    /// Gives a secret another name, another value, or both, in its environment.
    pub(crate) async fn plan_edit(
        &self,
        caller: &Caller,
        address: &Address,
        to: &SecretName,
        value: Option<&SecretValue>,
    ) -> Result<(Commit, Secret), Error> {
        let (located, present) = self.present_secret(caller, WRITE, address).await?;
        self.authorise(caller, WRITE, &address.place, Some(to)).await?;
        check_unmanaged(address, Some(&present))?;
        let event = self.event(caller, WRITE.action, address.to_string(), Outcome::Allowed);
        let mut plan = Plan::new(&address.place, &located, event);
        let mut secret = present.clone();
        if let Some(value) = value {
            check_size(value)?;
            check_mutable(address, Some(&present))?;
            let ownership = Ownership::default();
            (secret, _) = plan.write(self, &address.name, Some(&present), value.clone(), ownership);
        }
        if *to != address.name {
            let target = address.place.secret(to.clone());
            let (vault, environment) = (present.vault, &present.environment);
            if self.store.secret(vault, environment, to).await?.is_some() {
                return Err(exists(&target));
            }
            plan.mention(format!("to {to}"));
            plan.expect_free(to);
            let renamed = Secret {
                name: to.clone(),
                updated_at: self.clock.now(),
                ..secret.clone()
            };
            if value.is_some() {
                secret = Secret {
                    revision: secret.revision + 1,
                    ..renamed
                };
                let mut commit = plan.finish();
                follow(&mut commit, &address.name, &secret);
                return Ok((commit, secret));
            }
            plan.amend(&present, renamed.clone());
            secret = renamed;
        }
        Ok((plan.finish(), secret))
    }

    /// Puts a secret into the trash of its vault, for `keep`.
    pub(crate) async fn plan_trash(
        &self,
        caller: &Caller,
        address: &Address,
        keep: SignedDuration,
    ) -> Result<(Commit, Secret), Error> {
        let ask = Ask {
            action: "secret.trash",
            ..DELETE
        };
        let (located, present) = self.present_secret(caller, ask, address).await?;
        check_unmanaged(address, Some(&present))?;
        let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
        let mut plan = Plan::new(&address.place, &located, event);
        let trashed = plan.trash(&present, keep);
        Ok((plan.finish(), trashed))
    }
}

/// Lets a secret that got a new version in this commit go by another name, too.
fn follow(commit: &mut Commit, former: &SecretName, secret: &Secret) {
    let subject = |name: &SecretName, version| Subject::Secret {
        vault: secret.vault,
        environment: secret.environment.clone(),
        name: name.clone(),
        version,
    };
    let at = commit.audit.at;
    commit.changes.push(ChangeDraft {
        subject: subject(former, None),
        at,
    });
    commit.changes.push(ChangeDraft {
        subject: subject(&secret.name, secret.current),
        at,
    });
    commit.writes.push(Write::Secret(secret.clone()));
}

/// What two commits of one tenant are as one: the first one's event stands for both.
pub(crate) fn joined(mut first: Commit, second: Commit) -> Commit {
    let known: Vec<Precondition> = second
        .preconditions
        .into_iter()
        .filter(|one| !first.preconditions.contains(one))
        .collect();
    first.preconditions.extend(known);
    first.writes.extend(second.writes);
    first.changes.extend(second.changes);
    first.audit.versions.extend(second.audit.versions);
    first
}
