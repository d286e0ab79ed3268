//! Who attempts a delivery: one deliverer takes it for a while, by a commit that only one of several can make. Whoever
//! ends while having it loses it when the while is over: then it is due again.

use jiff::{SignedDuration, Timestamp};

use super::{Caller, Coffer, documents::commit, outbox::Due};
use crate::{Error, outbox::Delivery};

/// For how long a delivery is taken: longer than an attempt takes.
pub const TAKEN_FOR: SignedDuration = SignedDuration::from_secs(45);

impl Coffer {
    /// Takes a delivery that is due, for [`TAKEN_FOR`]; `None` if somebody else took it, or told of it, first.
    pub async fn take_delivery(&self, due: Due) -> Result<Option<Due>, Error> {
        let Due { delivery, .. } = &due;
        let until = self.clock.now().saturating_add(TAKEN_FOR);
        let body = Delivery {
            next_at: Some(until.unwrap_or(Timestamp::MAX)),
            ..delivery.body.clone()
        };
        let event = self.document_event::<Delivery>(&Caller::controller(), "take", &delivery.key);
        let present = Some((delivery.revision, delivery.created_at));
        let draft = self.draft(delivery.organization, &delivery.key, present, body, None)?;
        let change = commit(event, delivery.organization, draft.precondition, draft.write);
        if !self.try_commit(change).await? {
            return Ok(None);
        }
        Ok(Some(Due {
            delivery: draft.kept,
            ..due
        }))
    }
}
