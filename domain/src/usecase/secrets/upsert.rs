//! Writing whether there is one of this name or not, changing part of what there is, and erasing: each one commit
//! and one event, whose words tell what became of the tags.

use jiff::SignedDuration;

use super::{
    WRITE,
    plan::{Ownership, Plan},
    write::{Written, check_mutable, check_size, check_unmanaged},
};
use crate::{
    Error,
    address::{Address, Version},
    audit::Outcome,
    entity::Secret,
    metadata::Metadata,
    rights::Permission,
    secret_value::SecretValue,
    store::LocatedVault,
    usecase::{ATTEMPTS, Caller, Coffer, access::Ask, contended},
};

const ERASE: Ask = Ask {
    permission: Permission::Destroy,
    action: "secret.erase",
};

/// A new version, and what came before it.
#[derive(Debug, Clone)]
pub struct Revised {
    /// What was written.
    pub written: Written,
    /// The newest version before; `None`: there was no such secret.
    pub before: Option<Version>,
}

/// How what is said of a secret changes with a new version.
pub type Change<'a> = &'a (dyn Fn(Metadata) -> Result<Metadata, Error> + Send + Sync);

impl Coffer {
    /// Writes a secret, new or not; `change` makes what is said of it from what was said before. With `fresh` it must
    /// be new: a conflict otherwise.
    pub async fn upsert_secret(
        &self,
        caller: &Caller,
        address: &Address,
        value: SecretValue,
        change: Change<'_>,
        fresh: bool,
    ) -> Result<Revised, Error> {
        check_size(&value)?;
        for _ in 0..ATTEMPTS {
            let located = self
                .authorise(caller, WRITE, &address.place, Some(&address.name))
                .await?;
            let (environment, name) = (&address.place.environment, &address.name);
            let present = self.store.secret(located.vault.id, environment, name).await?;
            if fresh && present.as_ref().is_some_and(|found| found.current.is_some()) {
                return Err(super::describe::exists(address));
            }
            let told = (address, &located, present.as_ref());
            if let Some(revised) = self.revise(caller, told, value.clone(), change).await? {
                return Ok(revised);
            }
        }
        Err(contended(address))
    }

    /// Writes a new version of a secret that is there: with `value`, or with the value that it has.
    pub async fn revise_secret(
        &self,
        caller: &Caller,
        address: &Address,
        value: Option<SecretValue>,
        change: Change<'_>,
    ) -> Result<Revised, Error> {
        value.as_ref().map_or(Ok(()), check_size)?;
        for _ in 0..ATTEMPTS {
            let (located, present) = self.present_secret(caller, WRITE, address).await?;
            if present.current.is_none() {
                return Err(self.missing_secret(caller, &located, address).await?);
            }
            let value = match &value {
                Some(value) => value.clone(),
                // It stays where it is: nobody is shown it, so the right to write is enough.
                None => self.current_value(&located, address).await?,
            };
            let told = (address, &located, Some(&present));
            if let Some(revised) = self.revise(caller, told, value, change).await? {
                return Ok(revised);
            }
        }
        Err(contended(address))
    }

    async fn revise(
        &self,
        caller: &Caller,
        (address, located, present): (&Address, &LocatedVault, Option<&Secret>),
        value: SecretValue,
        change: Change<'_>,
    ) -> Result<Option<Revised>, Error> {
        check_unmanaged(address, present)?;
        check_mutable(address, present)?;
        let before = present.map(Secret::described).unwrap_or_default();
        let metadata = change(before.clone())?;
        metadata.check()?;
        let event = self.event(caller, WRITE.action, address.to_string(), Outcome::Allowed);
        let mut plan = Plan::new(&address.place, located, event);
        let ownership = Ownership {
            metadata: Some(metadata.clone()),
            ..Ownership::default()
        };
        let (secret, meta) = plan.write(self, &address.name, present, value, ownership);
        if present.is_some() {
            for words in tag_changes(&before.tags, &metadata.tags) {
                plan.mention(words);
            }
        }
        let done = self.try_commit(plan.finish()).await?;
        Ok(done.then(|| Revised {
            written: Written { secret, meta },
            before: present.map(|secret| secret.latest),
        }))
    }

    async fn current_value(&self, located: &LocatedVault, address: &Address) -> Result<SecretValue, Error> {
        let (environment, name) = (&address.place.environment, &address.name);
        let opened = self.store.open(located, environment, name, None).await?;
        let missing = || crate::usecase::access::not_found("secret", address.to_string());
        Ok(super::read::readable(opened.ok_or_else(missing)?, address, None)?.value)
    }

    /// Erases a secret that can be read, with all its versions, for ever; how many versions that were. Its name is free
    /// again.
    pub async fn erase_secret(&self, caller: &Caller, address: &Address) -> Result<u64, Error> {
        self.erase(caller, (ERASE, address), true).await
    }

    /// Erases a secret. With `live` it must have a version that can be read.
    pub(super) async fn erase(
        &self,
        caller: &Caller,
        (ask, address): (Ask, &Address),
        live: bool,
    ) -> Result<u64, Error> {
        for _ in 0..ATTEMPTS {
            let (located, present) = self.present_secret(caller, ask, address).await?;
            if live && present.current.is_none() {
                return Err(self.missing_secret(caller, &located, address).await?);
            }
            check_unmanaged(address, Some(&present))?;
            let versions = self.store.versions(present.id).await?.len() as u64;
            let event = self.event(caller, ask.action, address.to_string(), Outcome::Allowed);
            let mut plan = Plan::new(&address.place, &located, event);
            // Watchers and subscribers hear of it as of any secret that goes.
            plan.trash(&present, SignedDuration::ZERO);
            plan.purge(&present);
            if self.try_commit(plan.finish()).await? {
                return Ok(versions);
            }
        }
        Err(contended(address))
    }
}

/// `tag+x` for each tag that came, `tag-x` for each that went.
fn tag_changes(before: &[String], after: &[String]) -> Vec<String> {
    let came = after.iter().filter(|tag| !before.contains(tag));
    let went = before.iter().filter(|tag| !after.contains(tag));
    came.map(|tag| format!("tag+{tag}"))
        .chain(went.map(|tag| format!("tag-{tag}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::tag_changes;

    #[test]
    fn what_became_of_the_tags_is_told() {
        let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            tag_changes(&tags(&["a", "b"]), &tags(&["b", "c"])),
            ["tag+c", "tag-a"]
        );
        assert!(tag_changes(&tags(&["a"]), &tags(&["a"])).is_empty());
    }
}
