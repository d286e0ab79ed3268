//! Secrets that expire: a commit that says when takes along a record that falls due then, and the server's own timer
//! tells of it once, to the audit log and to subscribers.

use super::{
    Caller, Coffer, MAX_PAGE,
    documents::{commit, dropping, read},
};
use crate::{
    Error,
    address::Place,
    audit::Outcome,
    entity::Secret,
    expiry::Expiry,
    record::{Document, Kept},
    store::{Commit, Write},
};

impl Coffer {
    /// Adds to a commit what will tell of the end of its secrets.
    pub(super) fn note_expiries(&self, commit: &mut Commit) -> Result<(), Error> {
        let now = self.clock.now();
        let mut notes = Vec::new();
        for write in &commit.writes {
            if let Write::Secret(secret) = write
                && let Some(at) = secret.metadata.as_ref().and_then(|said| said.expires_at)
                && secret.trashed.is_none()
                && now < at
            {
                // A secret's revision comes once: nothing can be in the way.
                let key = format!("{}.{}", secret.id, secret.revision);
                let secret = secret.id;
                let draft = self.draft(commit.organization, &key, None, Expiry { secret, at }, None)?;
                notes.push(draft.write);
            }
        }
        commit.writes.extend(notes);
        Ok(())
    }

    /// Tells of secrets that have expired, of every tenant, at most a page; how many those were. For the server's own
    /// timer.
    pub async fn tell_expired(&self) -> Result<u64, Error> {
        let mut told = 0;
        let due = self
            .store
            .due_records(Expiry::COLLECTION, self.clock.now(), &[], MAX_PAGE);
        for record in due.await? {
            let note: Kept<Expiry> = read(record)?;
            let found = self.store.secret_by_id(note.body.secret).await?;
            let found = found.filter(|secret| ends_at(secret) == Some(note.body.at));
            told += u64::from(self.tell_one(&note, found).await?);
        }
        Ok(told)
    }

    /// In one commit with the end of the note, so that it is told once.
    async fn tell_one(&self, note: &Kept<Expiry>, expired: Option<Secret>) -> Result<bool, Error> {
        let caller = Caller::controller();
        let mut told = self.document_event::<Expiry>(&caller, "drop", &note.key);
        if let Some(secret) = &expired
            && let Some(located) = self.store.vault_by_id(secret.vault).await?
        {
            let place = Place {
                organization: located.organization.name,
                vault: located.vault.name.clone(),
                environment: secret.environment.clone(),
            };
            let address = place.secret(secret.name.clone()).to_string();
            told = self.event(&caller, "secret.expire", address, Outcome::Allowed);
        }
        let (precondition, write) = dropping(note);
        let commit = commit(told, note.organization, precondition, write);
        Ok(self.try_commit(commit).await? && expired.is_some())
    }
}

fn ends_at(secret: &Secret) -> Option<jiff::Timestamp> {
    let said = secret.metadata.as_ref()?;
    said.expires_at.filter(|_| secret.trashed.is_none())
}
