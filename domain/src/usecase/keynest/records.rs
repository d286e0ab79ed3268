//! Documents of the door's as rows of a commit.

use super::KeyNest;
use crate::{
    Error,
    record::{Document, Kept},
    store::Commit,
    usecase::documents::dropping,
};

/// A document, and what else than its key finds it.
pub(super) trait Filed: Document + Clone {
    /// A text of which a keyed digest finds it, unique among all tenants' documents of its kind.
    fn found_by(&self) -> Option<String> {
        None
    }
}

impl KeyNest {
    /// Adds to a commit a document of its tenant, over whatever there is under this key.
    pub(super) async fn put<T: Filed>(&self, commit: &mut Commit, key: &str, body: T) -> Result<(), Error> {
        let present = self.coffer.present::<T>(commit.organization, key).await?;
        let digest = body.found_by().and_then(|text| self.digest(&text));
        let draft = self
            .coffer
            .draft(commit.organization, key, present, body, digest)?;
        commit.preconditions.push(draft.precondition);
        commit.writes.push(draft.write);
        Ok(())
    }

    /// The same of a document that must not be there.
    pub(super) fn put_new<T: Filed>(&self, commit: &mut Commit, key: &str, body: T) -> Result<(), Error> {
        let digest = body.found_by().and_then(|text| self.digest(&text));
        let draft = self.coffer.draft(commit.organization, key, None, body, digest)?;
        commit.preconditions.push(draft.precondition);
        commit.writes.push(draft.write);
        Ok(())
    }

    /// The same over a document as it was read.
    pub(super) fn put_over<T: Filed>(
        &self,
        commit: &mut Commit,
        found: &Kept<T>,
        body: T,
    ) -> Result<(), Error> {
        let digest = body.found_by().and_then(|text| self.digest(&text));
        let present = Some((found.revision, found.created_at));
        let draft = self
            .coffer
            .draft(found.organization, &found.key, present, body, digest)?;
        commit.preconditions.push(draft.precondition);
        commit.writes.push(draft.write);
        Ok(())
    }

    /// Takes a document as it was read away.
    pub(super) fn remove<T: Document>(commit: &mut Commit, found: &Kept<T>) {
        let (precondition, write) = dropping(found);
        commit.preconditions.push(precondition);
        commit.writes.push(write);
    }
}
