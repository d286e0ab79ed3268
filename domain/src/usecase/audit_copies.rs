//! The server's own jobs on documents: those that are due, of every tenant, and what became of them.

use super::{
    Caller, Coffer,
    documents::{commit, read},
};
use crate::{
    Error,
    id::OrgId,
    record::{Document, Kept},
};

impl Coffer {
    /// The documents that something is to be done about now, of every tenant, longest due first.
    pub async fn due_documents<T: Document>(&self, limit: u32) -> Result<Vec<Kept<T>>, Error> {
        let found = self
            .store
            .due_records(T::COLLECTION, self.clock.now(), &[], limit)
            .await?;
        found.into_iter().map(read).collect()
    }

    /// A document, for jobs and for what doors must know to answer at all: nobody is shown it by this.
    pub async fn job_document<T: Document>(
        &self,
        organization: OrgId,
        key: &str,
    ) -> Result<Option<Kept<T>>, Error> {
        self.kept(organization, key).await
    }

    /// What became of a document; `false` if somebody else told first.
    pub async fn settle_document<T: Document>(&self, kept: &Kept<T>, body: T) -> Result<bool, Error> {
        let present = Some((kept.revision, kept.created_at));
        let draft = self.draft(kept.organization, &kept.key, present, body, None)?;
        let event = self.document_event::<T>(&Caller::controller(), "settle", &kept.key);
        let commit = commit(event, kept.organization, draft.precondition, draft.write);
        self.try_commit(commit).await
    }

    /// Keeps a document that a job makes, over any that it made before.
    pub async fn keep_for_job<T: Document>(
        &self,
        organization: OrgId,
        key: &str,
        body: T,
    ) -> Result<(), Error> {
        let present = self.present::<T>(organization, key).await?;
        let draft = self.draft(organization, key, present, body, None)?;
        let event = self.document_event::<T>(&Caller::controller(), "keep", key);
        // Another replica that does the same job writes the same.
        self.try_commit(commit(event, organization, draft.precondition, draft.write))
            .await
            .map(drop)
    }
}
