//! Making an environment hold just what somebody sends, in one commit.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{
    DELETE, WRITE,
    plan::{Ownership, Plan},
    write::{check_mutable, check_size, check_unmanaged},
};
use crate::{
    Error,
    address::Place,
    audit::Outcome,
    entity::Secret,
    name::SecretName,
    secret_value::SecretValue,
    store::LocatedVault,
    usecase::{ATTEMPTS, Caller, Coffer, access::Ask, contended},
};

/// What a replacement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replaced {
    /// New secrets.
    pub created: u64,
    /// Secrets that were there; those whose value is the same too, though that makes no version.
    pub updated: u64,
    /// Secrets that went to the trash.
    pub deleted: u64,
}

const REPLACE: Ask = Ask {
    action: "secret.replace",
    ..WRITE
};

impl Coffer {
    /// Makes `place` hold `values` and nothing else: writes what differs, in the order given, and puts the rest
    /// into the trash, for `keep`. All or nothing. What an object manages must be sent as it is: another value,
    /// or none, is refused with the owner's name.
    pub async fn replace_environment(
        &self,
        caller: &Caller,
        place: &Place,
        values: &[(SecretName, SecretValue)],
        keep: SignedDuration,
    ) -> Result<Replaced, Error> {
        check_values(values)?;
        for _ in 0..ATTEMPTS {
            let located = self.authorise(caller, REPLACE, place, None).await?;
            let present = self.environment(&located, place).await?;
            let event = self.event(caller, REPLACE.action, place.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(place, &located, event);
            let mut done = self
                .plan_values(&mut plan, caller, (&located, place), &present, values)
                .await?;
            let sent: BTreeSet<&SecretName> = values.iter().map(|(name, _)| name).collect();
            let gone = present
                .values()
                .filter(|secret| secret.current.is_some() && !sent.contains(&secret.name));
            for secret in gone {
                self.authorise(caller, DELETE, place, Some(&secret.name)).await?;
                check_unmanaged(&place.secret(secret.name.clone()), Some(secret))?;
                plan.trash(secret, keep);
                done.deleted += 1;
            }
            plan.count(&[
                ("created", done.created),
                ("updated", done.updated),
                ("deleted", done.deleted),
            ]);
            if self.try_commit(plan.finish()).await? {
                return Ok(done);
            }
        }
        Err(contended(place))
    }

    async fn plan_values(
        &self,
        plan: &mut Plan<'_>,
        caller: &Caller,
        (located, place): (&LocatedVault, &Place),
        present: &BTreeMap<SecretName, Secret>,
        values: &[(SecretName, SecretValue)],
    ) -> Result<Replaced, Error> {
        let mut done = Replaced::default();
        for (name, value) in values {
            self.authorise(caller, REPLACE, place, Some(name)).await?;
            let found = present.get(name);
            let lives = found.is_some_and(|secret| secret.current.is_some());
            if lives {
                done.updated += 1;
            } else {
                done.created += 1;
            }
            if let Some(secret) = found
                && self.holds(located, place, secret, value).await?
            {
                continue;
            }
            let address = place.secret(name.clone());
            check_unmanaged(&address, found)?;
            check_mutable(&address, found)?;
            plan.write(self, name, found, value.clone(), Ownership::default());
        }
        Ok(done)
    }
}

fn check_values(values: &[(SecretName, SecretValue)]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for (name, value) in values {
        check_size(value)?;
        if !seen.insert(name) {
            return Err(Error::invalid("secrets", format!("{name} is there twice")));
        }
    }
    Ok(())
}
