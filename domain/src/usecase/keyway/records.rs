//! Writing one document of the door's in one commit.

use super::Keyway;
use crate::{
    Error,
    api_key::TokenDigest,
    id::OrgId,
    record::{Document, Kept},
    usecase::{
        ATTEMPTS, Caller, contended,
        documents::{commit, dropping, missing},
    },
};

impl Keyway {
    /// A document that was not there; `None` if there is one of this key.
    pub(super) async fn add<T: Document + Clone>(
        &self,
        caller: &Caller,
        organization: OrgId,
        key: &str,
        body: &T,
        digest: Option<TokenDigest>,
    ) -> Result<Option<Kept<T>>, Error> {
        let coffer = &self.coffer;
        if coffer.kept::<T>(organization, key).await?.is_some() {
            return Ok(None);
        }
        let present = coffer.present::<T>(organization, key).await?;
        let draft = coffer.draft(organization, key, present, body.clone(), digest)?;
        let event = coffer.document_event::<T>(caller, "create", key);
        let taken = coffer
            .try_commit(commit(event, organization, draft.precondition, draft.write))
            .await?;
        Ok(taken.then_some(draft.kept))
    }

    /// Makes of a document what `change` makes of it.
    pub(super) async fn change<T: Document + Clone>(
        &self,
        caller: &Caller,
        organization: OrgId,
        key: &str,
        change: impl Fn(T) -> Result<T, Error> + Send + Sync,
    ) -> Result<Kept<T>, Error> {
        let coffer = &self.coffer;
        for _ in 0..ATTEMPTS {
            let found = coffer
                .store
                .record_by_key(organization, T::COLLECTION, key)
                .await?;
            let digest = found.and_then(|record| record.head().digest);
            let found = coffer.kept::<T>(organization, key).await?;
            let found = found.ok_or_else(|| missing::<T>(key))?;
            let present = Some((found.revision, found.created_at));
            let draft = coffer.draft(organization, key, present, change(found.body)?, digest)?;
            let event = coffer.document_event::<T>(caller, "update", key);
            let commit = commit(event, organization, draft.precondition, draft.write);
            if coffer.try_commit(commit).await? {
                return Ok(draft.kept);
            }
        }
        Err(contended(key))
    }

    /// Deletes a document.
    pub(super) async fn remove<T: Document>(&self, caller: &Caller, found: &Kept<T>) -> Result<bool, Error> {
        let event = self.coffer.document_event::<T>(caller, "delete", &found.key);
        let (precondition, write) = dropping(found);
        self.coffer
            .try_commit(commit(event, found.organization, precondition, write))
            .await
    }
}
