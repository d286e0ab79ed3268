//! Rotation: a new generated version.

use super::{
    ROTATE,
    plan::{Ownership, Plan},
    write::Written,
};
use crate::{
    Error,
    address::{Address, Place},
    audit::Outcome,
    entity::Secret,
    generate::{GenerateError, Generated, Generator, PUBLIC_SUFFIX},
    name::SecretName,
    store::LocatedVault,
    usecase::{ATTEMPTS, Caller, Coffer, contended},
};

impl Coffer {
    /// Has a generated secret made anew, at once. A key pair's public half follows in the same commit. While the
    /// version before is on its way out this is a conflict that names who still holds it.
    pub async fn rotate_secret(&self, caller: &Caller, address: &Address) -> Result<Written, Error> {
        for _ in 0..ATTEMPTS {
            let located = self
                .authorise(caller, ROTATE, &address.place, Some(&address.name))
                .await?;
            let found = self
                .store
                .secret(located.vault.id, &address.place.environment, &address.name)
                .await?;
            let Some(present) = found else {
                return Err(self.missing_secret(caller, &located, address).await?);
            };
            let generator = present.generator.ok_or_else(|| not_generated(address))?;
            if present.retiring().is_some() {
                // What waits for nobody any more goes first.
                self.settle_or_refuse(caller, &located, address, &present).await?;
                continue;
            }
            let event = self.event(caller, ROTATE.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            let written = self
                .plan_generated(&mut plan, &located, &address.place, &present, generator)
                .await?;
            if self.try_commit(plan.finish()).await? {
                return Ok(written);
            }
        }
        Err(contended(address))
    }

    /// A new generated version of `present`, which keeps its owner and generator.
    pub(super) async fn plan_generated(
        &self,
        plan: &mut Plan<'_>,
        located: &LocatedVault,
        place: &Place,
        present: &Secret,
        generator: Generator,
    ) -> Result<Written, Error> {
        let Generated { value, public } = self.generate(generator)?;
        let ownership = Ownership {
            owner: present.owner.clone(),
            generator: Some(generator),
            ..Ownership::default()
        };
        let (secret, meta) = plan.write(self, &present.name, Some(present), value, ownership.clone());
        if let Some(public) = public {
            let name = public_name(&present.name)?;
            let half = self
                .store
                .secret(located.vault.id, &place.environment, &name)
                .await?;
            plan.write(
                self,
                &name,
                half.as_ref(),
                public,
                Ownership {
                    generator: None,
                    ..ownership
                },
            );
        }
        Ok(Written { secret, meta })
    }

    pub(super) fn generate(&self, generator: Generator) -> Result<Generated, Error> {
        generator
            .generate(&*self.entropy, &*self.pairs)
            .map_err(|error| match error {
                GenerateError::Length(_) => Error::invalid("length", error.to_string()),
                GenerateError::KeyPair(_) => Error::Internal(error.to_string()),
            })
    }
}

/// Where the public half of a key pair is kept.
pub(super) fn public_name(name: &SecretName) -> Result<SecretName, Error> {
    Ok(SecretName::new(format!("{name}{PUBLIC_SUFFIX}"))?)
}

fn not_generated(address: &Address) -> Error {
    Error::Conflict(format!(
        "{address} is not generated, so Coffer cannot make a new value; write one, or declare it with generate"
    ))
}
