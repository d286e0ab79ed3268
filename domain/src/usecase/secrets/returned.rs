//! Returning secrets to an earlier version, because the newer one does not work. For our own controllers.

use super::{
    WRITE,
    plan::{Ownership, Plan},
    rotate::public_name,
    write::check_mutable,
};
use crate::{
    Error,
    address::{Place, Version},
    audit::Outcome,
    entity::{Owner, Secret, VersionState},
    generate::Generator,
    name::SecretName,
    secret_value::SecretValue,
    store::LocatedVault,
    usecase::{
        ATTEMPTS, Caller, Coffer,
        access::{Ask, not_found},
        contended,
        controllers::controllers_only,
    },
};

/// One secret to return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Its name.
    pub name: SecretName,
    /// The version that does not work. It has to be the current one still.
    pub from: Version,
    /// The version whose value it takes again.
    pub to: Version,
    /// The object that declares it. What another object manages stays as it is.
    pub owner: Owner,
}

/// One secret that was returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Its name.
    pub name: SecretName,
    /// The new version, which holds the earlier value.
    pub version: Version,
}

const RETURN: Ask = Ask {
    action: "secret.return",
    ..WRITE
};

impl Coffer {
    /// Writes the values that secrets had before as new versions, all in one commit; the public half of a key pair goes
    /// back with it. A version that was deleted meanwhile gives its value all the same. Fails with a conflict, and
    /// changes nothing, when any of them has moved on.
    pub async fn return_secrets(
        &self,
        caller: &Caller,
        place: &Place,
        returns: &[Return],
    ) -> Result<Vec<Returned>, Error> {
        controllers_only(caller, place)?;
        for _ in 0..ATTEMPTS {
            let located = self.authorise(caller, RETURN, place, None).await?;
            let steps = self.steps_back(&located, place, returns).await?;
            let event = self.event(caller, RETURN.action, place.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(place, &located, event);
            let mut returned = Vec::with_capacity(steps.len());
            for (secret, to) in &steps {
                let value = self.value_of(&located, place, secret, *to).await?;
                returned.push(again(self, &mut plan, secret, value));
            }
            if plan.is_empty() || self.try_commit(plan.finish()).await? {
                return Ok(returned);
            }
        }
        Err(contended(place))
    }

    /// Each secret, once, with the version to go back to.
    async fn steps_back(
        &self,
        located: &LocatedVault,
        place: &Place,
        returns: &[Return],
    ) -> Result<Vec<(Secret, Version)>, Error> {
        let mut steps: Vec<(Secret, Version)> = Vec::new();
        for one in returns {
            let found = self
                .store
                .secret(located.vault.id, &place.environment, &one.name)
                .await?;
            let secret = still_failing(found, place, one)?;
            let half = self.public_half(located, place, &secret, one.to).await?;
            for step in [Some((secret, one.to)), half].into_iter().flatten() {
                if !steps.iter().any(|(present, _)| present.id == step.0.id) {
                    steps.push(step);
                }
            }
        }
        Ok(steps)
    }

    /// The halves of a key pair are made and returned together: the steps between their versions are the same.
    async fn public_half(
        &self,
        located: &LocatedVault,
        place: &Place,
        secret: &Secret,
        to: Version,
    ) -> Result<Option<(Secret, Version)>, Error> {
        if !matches!(secret.generator, Some(Generator::KeyPair { .. })) {
            return Ok(None);
        }
        let name = public_name(&secret.name)?;
        let half = self
            .store
            .secret(located.vault.id, &place.environment, &name)
            .await?;
        let steps = secret.latest.get().saturating_sub(to.get());
        Ok(half.and_then(|half| {
            let to = Version::new(half.latest.get().saturating_sub(steps))?;
            Some((half, to))
        }))
    }

    /// The value of an older version. One that was deleted still has it, and stays deleted.
    async fn value_of(
        &self,
        located: &LocatedVault,
        place: &Place,
        secret: &Secret,
        version: Version,
    ) -> Result<SecretValue, Error> {
        let (environment, name) = (&place.environment, &secret.name);
        let address = place.secret(name.clone());
        let opened = self.store.open(located, environment, name, Some(version)).await?;
        let opened = opened.ok_or_else(|| not_found("version", format!("{version} of {address}")))?;
        if opened.meta.state == VersionState::Deleted
            && let Some(value) = self
                .store
                .open_deleted(located, environment, name, version)
                .await?
        {
            return Ok(value);
        }
        Ok(super::read::readable(opened, &address, Some(version))?.value)
    }
}

fn still_failing(found: Option<Secret>, place: &Place, one: &Return) -> Result<Secret, Error> {
    let address = place.secret(one.name.clone());
    let moved_on = || Error::Conflict(format!("{address} is not at version {} any more", one.from));
    let secret = found
        .filter(|secret| secret.current == Some(one.from))
        .ok_or_else(moved_on)?;
    check_mutable(&address, Some(&secret))?;
    match &secret.owner {
        Some(owner) if *owner != one.owner => Err(Error::Managed {
            what: address.to_string(),
            owner: owner.clone(),
        }),
        _ => Ok(secret),
    }
}

fn again(coffer: &Coffer, plan: &mut Plan<'_>, present: &Secret, value: SecretValue) -> Returned {
    let ownership = Ownership {
        owner: present.owner.clone(),
        generator: present.generator,
        ..Ownership::default()
    };
    let (secret, meta) = plan.write(coffer, &present.name, Some(present), value, ownership);
    Returned {
        name: secret.name,
        version: meta.version,
    }
}
