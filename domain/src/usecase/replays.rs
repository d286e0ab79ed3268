//! Idempotency keys: the first request under a key is done, and its answer kept; others get that answer.

use super::{Caller, Coffer, contended, documents::commit};
use crate::{
    Error,
    id::OrgId,
    record::Kept,
    replay::{KEPT, KeptAnswer, PATIENCE, Replay},
};

/// How a request stands to those before it under the same key.
#[derive(Debug)]
pub enum Claim {
    /// It is the first: do it, then tell [`Coffer::keep_answer`] or [`Coffer::release_claim`].
    First(Kept<Replay>),
    /// It was answered this before.
    Answered(KeptAnswer),
    /// It is being answered now.
    UnderWay,
    /// Another request came under this key.
    Other,
}

impl Coffer {
    /// Claims `key` of an organization for a request whose hash is `request`. For the doors' own bookkeeping: whoever
    /// has the key is authenticated, and `key` names them.
    pub async fn claim_replay(&self, organization: OrgId, key: &str, request: &str) -> Result<Claim, Error> {
        if let Some(found) = self.kept::<Replay>(organization, key).await? {
            if found.body.request != request {
                return Ok(Claim::Other);
            }
            return Ok(found.body.answer.map_or(Claim::UnderWay, Claim::Answered));
        }
        let replay = Replay {
            request: request.to_owned(),
            answer: None,
            until: self.moment_in(PATIENCE),
        };
        let present = self.present::<Replay>(organization, key).await?;
        let draft = self.draft(organization, key, present, replay, None)?;
        let event = self.document_event::<Replay>(&Caller::controller(), "claim", key);
        let first = self
            .try_commit(commit(event, organization, draft.precondition, draft.write))
            .await?;
        Ok(if first {
            Claim::First(draft.kept)
        } else {
            Claim::UnderWay
        })
    }

    /// Keeps the answer to a request that was the first.
    pub async fn keep_answer(&self, claim: &Kept<Replay>, answer: KeptAnswer) -> Result<(), Error> {
        let replay = Replay {
            answer: Some(answer),
            until: self.moment_in(KEPT),
            ..claim.body.clone()
        };
        let present = Some((claim.revision, claim.created_at));
        let draft = self.draft(claim.organization, &claim.key, present, replay, None)?;
        let event = self.document_event::<Replay>(&Caller::controller(), "keep", &claim.key);
        let kept = commit(event, claim.organization, draft.precondition, draft.write);
        if self.try_commit(kept).await? {
            Ok(())
        } else {
            Err(contended("the idempotency key"))
        }
    }

    /// Lets a request that failed be tried again under its key.
    pub async fn release_claim(&self, claim: &Kept<Replay>) -> Result<(), Error> {
        let event = self.document_event::<Replay>(&Caller::controller(), "release", &claim.key);
        let (precondition, write) = super::documents::dropping(claim);
        self.try_commit(commit(event, claim.organization, precondition, write))
            .await
            .map(drop)
    }

    fn moment_in(&self, length: jiff::SignedDuration) -> jiff::Timestamp {
        let now = self.clock.now();
        now.saturating_add(length).unwrap_or(jiff::Timestamp::MAX)
    }
}
