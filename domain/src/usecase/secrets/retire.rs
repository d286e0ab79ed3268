//! Versions on their way out: when each goes, who holds it up, and how that is ended at once. The decision is
//! [`crate::succession`]'s; a commit carries it out once, whoever else decides the same.

use jiff::Timestamp;

use super::{ROTATE, plan::Plan, write::Written};
use crate::{
    Error,
    address::{Address, Place, Version},
    audit::Outcome,
    change::{ChangeDraft, Subject},
    entity::{Consumer, Secret, VersionMeta, VersionState},
    name::SecretName,
    store::{Commit, LocatedVault, Precondition, Write},
    succession::{Cause, Laggard, Verdict, decide},
    usecase::{ATTEMPTS, Caller, Coffer, access::Ask, contended, controllers::controllers_only},
};

/// The kind of the objects whose secrets are tokens of API keys.
const TOKEN_OWNER: &str = "ApiKey";

/// How many consumers a refusal names.
const NAMED: usize = 3;

const RETIRE: Ask = Ask {
    action: "secret.retire",
    ..ROTATE
};

/// A secret of which versions are on their way out, or were until now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succeeding {
    /// Its name.
    pub name: SecretName,
    /// The current version.
    pub current: Version,
    /// The oldest version that is on its way out.
    pub oldest: Version,
    /// Since when there is a newer one.
    pub since: Timestamp,
    /// When it is over at the latest.
    pub deadline: Timestamp,
    /// The live consumers that have not put the current version in place: those first that lag longest.
    pub laggards: Vec<Laggard>,
    /// Why the older versions are gone; `None`: they are not.
    pub retired: Option<Cause>,
}

impl Coffer {
    /// Retires what nobody holds up any more in those of `names` of which versions are on their way out, and says how
    /// each of these stands. Consumers of which `is_gone` holds up nothing. For our own controllers.
    pub async fn settle_successions(
        &self,
        caller: &Caller,
        place: &Place,
        names: &[SecretName],
        is_gone: &(dyn Fn(&Laggard) -> bool + Send + Sync),
    ) -> Result<Vec<Succeeding>, Error> {
        controllers_only(caller, place)?;
        let located = self.authorise(caller, RETIRE, place, None).await?;
        let mut all = Vec::new();
        for name in names {
            all.extend(
                self.settle(caller, &located, &place.secret(name.clone()), is_gone)
                    .await?,
            );
        }
        Ok(all)
    }

    async fn settle(
        &self,
        caller: &Caller,
        located: &LocatedVault,
        address: &Address,
        is_gone: &(dyn Fn(&Laggard) -> bool + Send + Sync),
    ) -> Result<Option<Succeeding>, Error> {
        for _ in 0..ATTEMPTS {
            let (environment, name) = (&address.place.environment, &address.name);
            let secret = self.store.secret(located.vault.id, environment, name).await?;
            let Some(secret) = secret else { return Ok(None) };
            let Some(mut found) = self.succeeding(located, &secret).await? else {
                return Ok(None);
            };
            found.laggards.retain(|laggard| !is_gone(laggard));
            let verdict = decide(&found.laggards, found.deadline, self.clock.now(), false);
            let Verdict::Retire(cause) = verdict else {
                return Ok(Some(found));
            };
            if self.retire(caller, located, address, &secret, cause).await? {
                found.retired = Some(cause);
                return Ok(Some(found));
            }
        }
        Err(contended(address))
    }

    /// Retires the version before if nobody holds it; otherwise a conflict that says who does.
    pub(super) async fn settle_or_refuse(
        &self,
        caller: &Caller,
        located: &LocatedVault,
        address: &Address,
        secret: &Secret,
    ) -> Result<(), Error> {
        let Some(found) = self.succeeding(located, secret).await? else {
            return Ok(());
        };
        match decide(&found.laggards, found.deadline, self.clock.now(), false) {
            Verdict::Retire(cause) => self
                .retire(caller, located, address, secret, cause)
                .await
                .map(drop),
            Verdict::Wait => Err(still_held(address, &found)),
        }
    }

    /// Has a rotation ended at once: what is on its way out is retired, whoever still holds it. If nothing is, the
    /// secret is rotated first. Either way nothing waits afterwards, so that asking twice for the end of one rotation
    /// has to wait for no other.
    pub async fn force_rotation(&self, caller: &Caller, address: &Address) -> Result<Written, Error> {
        let mut rotated = false;
        for _ in 0..ATTEMPTS {
            let (located, secret) = self.present_secret(caller, RETIRE, address).await?;
            if secret.retiring().is_none() {
                if rotated {
                    return self.as_written(address, secret).await;
                }
                let written = self.rotate_secret(caller, address).await?;
                if written.secret.retiring().is_none() {
                    return Ok(written);
                }
                rotated = true;
            } else if self
                .retire(caller, &located, address, &secret, Cause::Forced)
                .await?
            {
                let (_, secret) = self.present_secret(caller, RETIRE, address).await?;
                return self.as_written(address, secret).await;
            }
        }
        Err(contended(address))
    }

    async fn as_written(&self, address: &Address, secret: Secret) -> Result<Written, Error> {
        let versions = self.store.versions(secret.id).await?;
        let meta = versions
            .into_iter()
            .find(|meta| Some(meta.version) == secret.current);
        let missing = || crate::usecase::access::not_found("version", format!("current of {address}"));
        Ok(Written {
            meta: meta.ok_or_else(missing)?,
            secret,
        })
    }

    /// How a secret stands of which versions are on their way out: everybody in the ledger counts as live.
    async fn succeeding(&self, located: &LocatedVault, secret: &Secret) -> Result<Option<Succeeding>, Error> {
        let (Some((succession, retiring)), Some(current)) = (secret.retiring(), secret.current) else {
            return Ok(None);
        };
        // Read after the secret: whoever was sent an older version is in it, for a delivery of one is refused by now.
        let ledger = self
            .store
            .consumers(located.vault.id, &secret.environment)
            .await?;
        Ok(Some(Succeeding {
            name: secret.name.clone(),
            current,
            oldest: retiring.oldest,
            since: retiring.since,
            deadline: succession.deadline(retiring.since),
            laggards: laggards(&ledger, secret, current, retiring.since),
            retired: None,
        }))
    }

    /// `false`: it has changed since it was read.
    async fn retire(
        &self,
        caller: &Caller,
        located: &LocatedVault,
        address: &Address,
        secret: &Secret,
        cause: Cause,
    ) -> Result<bool, Error> {
        let Some((_, retiring)) = secret.retiring() else {
            return Ok(true);
        };
        let versions = self.store.versions(secret.id).await?;
        let goes = |meta: &&VersionMeta| {
            meta.state == VersionState::Live
                && meta.version >= retiring.oldest
                && Some(meta.version) != secret.current
        };
        let moved: Vec<Version> = versions.iter().filter(goes).map(|meta| meta.version).collect();
        let event = self.event(caller, RETIRE.action, address.to_string(), Outcome::Allowed);
        let mut plan = Plan::new(&address.place, located, event);
        plan.mention(cause.word().to_owned());
        plan.retire(secret, &versions, &moved);
        let mut commit = plan.finish();
        self.end_token(&mut commit, secret).await?;
        self.try_commit(commit).await
    }

    /// If the versions of `secret` are tokens of an API key: the one before stops working in the same commit. Not while
    /// the present token is still on its way to its place, for then the one in place is the one before.
    async fn end_token(&self, commit: &mut Commit, secret: &Secret) -> Result<(), Error> {
        let Some(owner) = secret.owner.as_ref().filter(|owner| owner.kind == TOKEN_OWNER) else {
            return Ok(());
        };
        let Some(mut key) = self.newest_owned_key(commit.organization, owner).await? else {
            return Ok(());
        };
        if key.previous.take().is_none() || secret.updated_at < key.rotated_at {
            return Ok(());
        }
        commit
            .preconditions
            .push(Precondition::ApiKey(key.id, key.revision));
        commit.audit.versions.push(format!("key:{}", key.id));
        commit.changes.push(ChangeDraft {
            subject: Subject::ApiKey { key: key.id },
            at: commit.audit.at,
        });
        key.revision += 1;
        commit.writes.push(Write::ApiKey(key));
        Ok(())
    }
}

/// Who lags, those first that lag longest.
fn laggards(ledger: &[Consumer], secret: &Secret, current: Version, changed: Timestamp) -> Vec<Laggard> {
    let lines = ledger.iter().filter(|line| line.secret == secret.id);
    let mut all: Vec<Laggard> = lines
        .filter_map(|line| Laggard::of(line, current, changed))
        .collect();
    all.sort_by(|a, b| (a.since, &a.namespace, &a.pod).cmp(&(b.since, &b.namespace, &b.pod)));
    all
}

fn still_held(address: &Address, found: &Succeeding) -> Error {
    let named = found.laggards.iter().take(NAMED);
    let named: Vec<String> = named.map(|it| format!("{}/{}", it.namespace, it.pod)).collect();
    let more = match found.laggards.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Error::Conflict(format!(
        "{address} was rotated at {} and version {} is still in use by {}{more}; wait until they have put version {} in place (until {} at most), or force the end of that rotation",
        found.since,
        found.oldest,
        named.join(", "),
        found.current,
        found.deadline,
    ))
}
