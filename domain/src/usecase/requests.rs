//! Keeping and reading the request log.

use std::sync::Arc;

use super::{Caller, Coffer};
use crate::{
    Error,
    id::OrgId,
    name::OrgName,
    request_log::{RequestFilter, RequestLine},
    segment::Segment,
};

impl Coffer {
    /// Adds lines to an organization's log. For the doors' own bookkeeping: nobody asks for it, so nobody's
    /// rights are looked at.
    pub async fn keep_requests(&self, organization: OrgId, lines: &[Arc<RequestLine>]) -> Result<(), Error> {
        self.keep_lines(organization, &Caller::controller(), lines).await
    }

    /// The lines of an organization's log that `filter` takes, oldest first.
    pub async fn read_requests(
        &self,
        caller: &Caller,
        organization: &OrgName,
        filter: &RequestFilter,
    ) -> Result<Vec<RequestLine>, Error> {
        let (tenant, event) = self
            .may_read::<Segment<RequestLine>>(caller, organization, "list", None)
            .await?;
        let found = self.lines_of(tenant, "", |line| filter.takes(line)).await?;
        self.store.record(tenant, event).await?;
        Ok(found.into_iter().map(Arc::unwrap_or_clone).collect())
    }
}
