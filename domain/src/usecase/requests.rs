//! Keeping and reading the request log.

use super::{ATTEMPTS, Caller, Coffer, MAX_PAGE, contended, documents::DocumentPage};
use crate::{
    Error,
    id::OrgId,
    name::OrgName,
    record::{Document, Kept, RecordQuery},
    request_log::{MOST_SEGMENTS, RequestFilter, RequestLine, SEGMENT_LINES, Segment},
    store::{Commit, Write},
};

/// The most lines of one commit: what makes its flush worth while.
const PART_LINES: usize = 8 * SEGMENT_LINES;

impl Coffer {
    /// Adds lines to an organization's log. For the doors' own bookkeeping: nobody asks for it, so nobody's
    /// rights are looked at.
    pub async fn keep_requests(&self, organization: OrgId, lines: &[RequestLine]) -> Result<(), Error> {
        for part in lines.chunks(PART_LINES) {
            self.keep_part(organization, part).await?;
        }
        Ok(())
    }

    /// Lines for one commit, to the newest segment if they fit, else to new ones.
    async fn keep_part(&self, organization: OrgId, part: &[RequestLine]) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let commit = self.plan_part(organization, part).await?;
            if self.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended("the request log"))
    }

    async fn plan_part(&self, organization: OrgId, part: &[RequestLine]) -> Result<Commit, Error> {
        let newest = self.newest_segment(organization).await?;
        let room = newest
            .as_ref()
            .map_or(0, |it| SEGMENT_LINES.saturating_sub(it.body.lines.len()));
        // A few lines are added to the newest segment; many begin one, rather than have that sealed once more.
        let (fits, rest) = part.split_at(if part.len() <= room { part.len() } else { 0 });
        let number = newest
            .as_ref()
            .and_then(|it| it.key.parse::<u64>().ok())
            .unwrap_or(0);
        let mut commit = Commit {
            organization,
            preconditions: Vec::new(),
            writes: Vec::new(),
            audit: self.document_event::<Segment>(&Caller::controller(), "keep", &key(number)),
            changes: Vec::new(),
        };
        if let Some(newest) = newest.filter(|_| !fits.is_empty()) {
            let mut body = newest.body;
            body.lines.extend_from_slice(fits);
            let present = Some((newest.revision, newest.created_at));
            let draft = self.draft(organization, &newest.key, present, body, None)?;
            commit.preconditions.push(draft.precondition);
            commit.writes.push(draft.write);
        }
        for (number, lines) in (number + 1..).zip(rest.chunks(SEGMENT_LINES)) {
            let (next, lines) = (key(number), lines.to_vec());
            let present = self.present::<Segment>(organization, &next).await?;
            let draft = self.draft(organization, &next, present, Segment { lines }, None)?;
            commit.preconditions.push(draft.precondition);
            commit.writes.push(draft.write);
            if let Some(old) = number.checked_sub(MOST_SEGMENTS) {
                let old = Write::DropRecord(organization, Segment::COLLECTION, key(old));
                commit.writes.push(old);
            }
        }
        Ok(commit)
    }

    async fn newest_segment(&self, organization: OrgId) -> Result<Option<Kept<Segment>>, Error> {
        let query = RecordQuery {
            organization,
            collection: Segment::COLLECTION,
            group: None,
            after: None,
            descending: true,
            skip: 0,
            limit: 1,
            now: self.clock.now(),
        };
        let found = self.store.records(&query).await?.pop();
        found.map(super::documents::read).transpose()
    }

    /// The lines of an organization's log that `filter` takes, oldest first.
    pub async fn read_requests(
        &self,
        caller: &Caller,
        organization: &OrgName,
        filter: &RequestFilter,
    ) -> Result<Vec<RequestLine>, Error> {
        let mut lines = Vec::new();
        let mut skip = 0;
        loop {
            let page = DocumentPage {
                skip,
                ..DocumentPage::default()
            };
            let (segments, total) = self.list_documents::<Segment>(caller, organization, page).await?;
            skip += MAX_PAGE;
            let found = segments.into_iter().flat_map(|segment| segment.body.lines);
            lines.extend(found.filter(|line| filter.takes(line)));
            if u64::from(skip) >= total {
                return Ok(lines);
            }
        }
    }
}

/// Keys sort as their numbers do.
fn key(number: u64) -> String {
    format!("{number:020}")
}
