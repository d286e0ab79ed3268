//! Paths that something is said of before they have a value. What is said waits in a record, and becomes the secret's
//! own with its first version, in one step.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Error,
    address::{Address, Place},
    audit::Outcome,
    entity::{Secret, VersionMeta},
    id::VaultId,
    metadata::Metadata,
    name::SecretName,
    record::{Collection, Document, Kept},
    store::{LocatedVault, Precondition},
    usecase::{
        ATTEMPTS, Caller, Coffer, MAX_PAGE,
        access::not_found,
        contended,
        documents::{commit, dropping},
        secrets::{Becomes, Before, Beside, DESTROY, LIST, Remake, VERSIONS, WRITE, Written, may_list_name},
    },
};

/// What is said of a path that has no value yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    vault: VaultId,
    name: SecretName,
    metadata: Metadata,
}

impl Document for Waiting {
    const COLLECTION: Collection = Collection::new("kv2.path");
    const NOUN: &'static str = "path";

    fn group(&self) -> String {
        self.vault.to_string()
    }
}

/// What is known of a path.
#[derive(Debug)]
pub enum Known {
    /// It has, or had, values; the versions, newest first.
    Secret(Box<Secret>, Vec<VersionMeta>),
    /// Something is said of it, and that is all.
    Waiting(Box<Settings>),
}

/// What is said of a path that has no value yet.
#[derive(Debug)]
pub struct Settings {
    /// What is said.
    pub metadata: Metadata,
    /// Since when.
    pub created_at: Timestamp,
    /// Since when it is this.
    pub updated_at: Timestamp,
}

/// The key of a path's record: names are longer than keys.
fn key(vault: VaultId, name: &SecretName) -> String {
    format!("{vault}/{}", hex::encode(Sha256::digest(name.as_str())))
}

impl Coffer {
    /// Writes what `remake` makes of a path's value as its next version, with what was said of the path before it had
    /// one.
    pub async fn write_path<E: From<Error> + Send>(
        &self,
        caller: &Caller,
        address: &Address,
        remake: Remake<'_, E>,
    ) -> Result<Written, E> {
        let located = self
            .authorise(caller, WRITE, &address.place, Some(&address.name))
            .await?;
        let waiting = self.waiting(&located, &address.name).await?;
        let first = |before: Before<'_>| -> Result<Becomes, E> {
            let said = waiting.as_ref().filter(|_| before.latest.is_none());
            let metadata = said.map_or(before.metadata, |said| said.body.metadata.clone());
            remake(Before { metadata, ..before })
        };
        let key = key(located.vault.id, &address.name);
        let tenant = located.organization.id;
        let beside = Beside {
            preconditions: vec![Precondition::Record(
                tenant,
                Waiting::COLLECTION,
                key.clone(),
                waiting.as_ref().map(|found| found.revision),
            )],
            dropped: waiting.as_ref().map(|_| (tenant, Waiting::COLLECTION, key)),
        };
        let (_, written) = self
            .remake_beside(caller, (WRITE, address), &first, &beside)
            .await?;
        Ok(written)
    }

    /// What is known of a path, without values.
    pub async fn known_path(&self, caller: &Caller, address: &Address) -> Result<Known, Error> {
        match self.list_versions(caller, address).await {
            Ok((secret, versions)) => Ok(Known::Secret(Box::new(secret), versions)),
            Err(missing @ Error::NotFound { what: "secret", .. }) => {
                let located = self
                    .authorise(caller, LIST, &address.place, Some(&address.name))
                    .await?;
                let waiting = self.waiting(&located, &address.name).await?.ok_or(missing)?;
                let event = self.event(caller, VERSIONS, address.to_string(), Outcome::Allowed);
                self.store.record(located.organization.id, event).await?;
                Ok(shown(waiting))
            }
            Err(other) => Err(other),
        }
    }

    /// Makes of what is said of a path what `change` makes of it. With `fresh`, of one that there is not, too.
    pub async fn describe_path(
        &self,
        caller: &Caller,
        address: &Address,
        fresh: bool,
        change: impl Fn(Metadata) -> Result<Metadata, Error> + Send + Sync,
    ) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            match self.amend_secret(caller, address, &change).await {
                Err(Error::NotFound { what: "secret", .. }) => {}
                done => return done.map(drop),
            }
            if self.describe_waiting(caller, address, fresh, &change).await? {
                return Ok(());
            }
        }
        Err(contended(address))
    }

    /// The same of a path without values; `false`: decide anew.
    async fn describe_waiting(
        &self,
        caller: &Caller,
        address: &Address,
        fresh: bool,
        change: &(impl Fn(Metadata) -> Result<Metadata, Error> + Send + Sync),
    ) -> Result<bool, Error> {
        let located = self
            .authorise(caller, WRITE, &address.place, Some(&address.name))
            .await?;
        let found = self.waiting(&located, &address.name).await?;
        if found.is_none() && !fresh {
            return Err(not_found("secret", address.to_string()));
        }
        let metadata = change(found.map_or_else(Metadata::default, |found| found.body.metadata))?;
        metadata.check()?;
        let (tenant, vault) = (located.organization.id, located.vault.id);
        let key = key(vault, &address.name);
        let body = Waiting {
            vault,
            name: address.name.clone(),
            metadata,
        };
        let present = self.present::<Waiting>(tenant, &key).await?;
        let draft = self.draft(tenant, &key, present, body, None)?;
        let mut event = self.document_event::<Waiting>(caller, "describe", &key);
        event.target = address.to_string();
        let mut commit = commit(event, tenant, draft.precondition, draft.write);
        let place = &address.place;
        commit.preconditions.extend([
            Precondition::Environment(vault, place.environment.clone()),
            Precondition::Secret(vault, place.environment.clone(), address.name.clone(), None),
        ]);
        self.try_commit(commit).await
    }

    /// Erases a path with all its versions and what is said of it, for ever.
    pub async fn erase_path(&self, caller: &Caller, address: &Address) -> Result<(), Error> {
        match self.remove_secret(caller, address).await {
            Err(missing @ Error::NotFound { what: "secret", .. }) => {
                let located = self
                    .authorise(caller, DESTROY, &address.place, Some(&address.name))
                    .await?;
                let waiting = self.waiting(&located, &address.name).await?;
                let waiting = waiting.ok_or(missing)?;
                let mut event = self.document_event::<Waiting>(caller, "erase", &waiting.key);
                event.target = address.to_string();
                let (precondition, write) = dropping(&waiting);
                let done = commit(event, waiting.organization, precondition, write);
                if self.try_commit(done).await? {
                    Ok(())
                } else {
                    Err(contended(address))
                }
            }
            done => done,
        }
    }

    /// Every path of a place that the caller may see, those without a value too, in order.
    pub async fn all_paths(&self, caller: &Caller, place: &Place) -> Result<Vec<SecretName>, Error> {
        let mut names: Vec<SecretName> = Vec::new();
        loop {
            let page = self.list_secrets(caller, place, names.last(), MAX_PAGE).await?;
            let complete = page.len() < MAX_PAGE as usize;
            names.extend(page.into_iter().map(|secret| secret.name));
            if complete {
                break;
            }
        }
        let located = self.authorise(caller, LIST, place, None).await?;
        let group = located.vault.id.to_string();
        for waiting in self
            .all_kept::<Waiting>(located.organization.id, Some(&group))
            .await?
        {
            let name = waiting.body.name;
            if may_list_name(caller, &located, (&place.environment, &name)) {
                names.push(name);
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    async fn waiting(
        &self,
        located: &LocatedVault,
        name: &SecretName,
    ) -> Result<Option<Kept<Waiting>>, Error> {
        self.kept(located.organization.id, &key(located.vault.id, name))
            .await
    }
}

fn shown(waiting: Kept<Waiting>) -> Known {
    Known::Waiting(Box::new(Settings {
        metadata: waiting.body.metadata,
        created_at: waiting.created_at,
        updated_at: waiting.updated_at,
    }))
}
