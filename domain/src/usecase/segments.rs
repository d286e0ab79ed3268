//! Keeping and reading logs of lines: the doors' own bookkeeping, for which nobody's rights are looked at here.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{ATTEMPTS, Caller, Coffer, contended, documents::read};
use crate::{
    Error,
    id::OrgId,
    record::{Kept, Record, RecordQuery},
    segment::{Line, Segment, first_line, key},
    store::{Commit, Precondition, Write},
};

/// The most lines of one commit: what makes its flush worth while.
const PART_LINES: usize = 2048;

/// How many segments are read at once: each may be as large as a record can be.
const PAGE: u32 = 8;

/// A line, and which of its group's it is.
#[derive(Debug)]
pub struct Numbered<L> {
    /// From 0, without gaps.
    pub number: u64,
    /// The line.
    pub line: Arc<L>,
}

/// Segments of one group, in the order of their keys.
struct Stretch<'a> {
    group: &'a str,
    after: Option<&'a str>,
    descending: bool,
    limit: u32,
    /// Those that expired by then are left out.
    now: Timestamp,
}

impl Coffer {
    /// Adds lines to an organization's log, in this order.
    pub(crate) async fn keep_lines<L: Line>(
        &self,
        organization: OrgId,
        caller: &Caller,
        lines: &[Arc<L>],
    ) -> Result<(), Error> {
        for part in lines.chunks(PART_LINES) {
            let mut groups: BTreeMap<&str, Vec<Arc<L>>> = BTreeMap::new();
            for line in part {
                let group = line.group().unwrap_or_default();
                groups.entry(group).or_default().push(Arc::clone(line));
            }
            self.keep_part(organization, caller, &groups).await?;
        }
        Ok(())
    }

    /// One commit.
    async fn keep_part<L: Line>(
        &self,
        organization: OrgId,
        caller: &Caller,
        groups: &BTreeMap<&str, Vec<Arc<L>>>,
    ) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let mut commit = Commit {
                organization,
                preconditions: Vec::new(),
                writes: Vec::new(),
                audit: self.document_event::<Segment<L>>(caller, "keep", "log"),
                changes: Vec::new(),
            };
            for (group, lines) in groups {
                self.plan_group(&mut commit, group, lines).await?;
            }
            if self.try_commit(commit).await? {
                return Ok(());
            }
        }
        Err(contended(L::NOUN))
    }

    /// Adds the lines to the newest segment if they fit, else begins new ones. What is dropped goes first: the store
    /// then has its room for what is new.
    async fn plan_group<L: Line>(
        &self,
        commit: &mut Commit,
        group: &str,
        lines: &[Arc<L>],
    ) -> Result<(), Error> {
        let newest = self.newest::<L>(commit.organization, group).await?;
        let next = newest.as_ref().map_or(Ok(0), end)?;
        self.plan_drops::<L>(commit, group, (next, lines.len())).await?;
        let fits = |kept: &Kept<Segment<L>>| {
            let lives = kept.body.lines.last().is_some_and(|last| self.lives(&**last));
            lives && kept.body.lines.len() + lines.len() <= L::SEGMENT_LINES
        };
        if let Some(newest) = newest.filter(fits) {
            let mut all = newest.body.lines;
            all.extend_from_slice(lines);
            let present = Some((newest.revision, newest.created_at));
            match self.draft(
                commit.organization,
                &newest.key,
                present,
                Segment { lines: all },
                None,
            ) {
                // Long lines: they begin a segment.
                Err(Error::Invalid { .. }) => {}
                draft => {
                    let draft = draft?;
                    commit.preconditions.push(draft.precondition);
                    commit.writes.push(draft.write);
                    return Ok(());
                }
            }
        }
        self.plan_new(commit, group, next, lines)
    }

    /// New segments for lines of which the first is the group's `next`.
    fn plan_new<L: Line>(
        &self,
        commit: &mut Commit,
        group: &str,
        mut next: u64,
        lines: &[Arc<L>],
    ) -> Result<(), Error> {
        let mut left = lines;
        let mut most = L::SEGMENT_LINES;
        while !left.is_empty() {
            let (part, rest) = left.split_at(left.len().min(most));
            let segment = Segment { lines: part.to_vec() };
            match self.draft(commit.organization, &key(group, next), None, segment, None) {
                // More than a record can be: half of them may be less.
                Err(Error::Invalid { .. }) if part.len() > 1 => most = part.len() / 2,
                draft => {
                    let draft = draft?;
                    commit.preconditions.push(draft.precondition);
                    commit.writes.push(draft.write);
                    next += part.len() as u64;
                    left = rest;
                }
            }
        }
        Ok(())
    }

    /// Before so many lines are added after the group's line `next`: drops the oldest segments that are not needed for
    /// the newest [`Line::MOST_LINES`], one more than are begun.
    async fn plan_drops<L: Line>(
        &self,
        commit: &mut Commit,
        group: &str,
        (next, added): (u64, usize),
    ) -> Result<(), Error> {
        let end = next + added as u64;
        let Some(unwanted) = L::MOST_LINES.and_then(|most| end.checked_sub(most)) else {
            return Ok(());
        };
        let begun = u32::try_from(added.div_ceil(L::SEGMENT_LINES)).unwrap_or(PAGE);
        let stretch = Stretch {
            group,
            after: None,
            descending: false,
            limit: begun + 2,
            now: Timestamp::MIN,
        };
        let found = self.stretch::<L>(commit.organization, stretch).await?;
        for (old, next) in found.iter().zip(found.iter().skip(1)) {
            if number(&next.head.key)? > unwanted {
                break;
            }
            let (organization, key) = (commit.organization, old.head.key.clone());
            let revision = Some(old.head.revision);
            commit.preconditions.push(Precondition::Record(
                organization,
                L::COLLECTION,
                key.clone(),
                revision,
            ));
            commit
                .writes
                .push(Write::DropRecord(organization, L::COLLECTION, key));
        }
        Ok(())
    }

    /// The segment that was begun last, whether it lives or not.
    async fn newest<L: Line>(
        &self,
        organization: OrgId,
        group: &str,
    ) -> Result<Option<Kept<Segment<L>>>, Error> {
        let stretch = Stretch {
            group,
            after: None,
            descending: true,
            limit: 1,
            now: Timestamp::MIN,
        };
        let found = self.stretch::<L>(organization, stretch).await?;
        found.into_iter().next().map(read).transpose()
    }

    async fn stretch<L: Line>(
        &self,
        organization: OrgId,
        stretch: Stretch<'_>,
    ) -> Result<Vec<Record>, Error> {
        let query = RecordQuery {
            organization,
            collection: L::COLLECTION,
            group: Some(stretch.group),
            after: stretch.after,
            descending: stretch.descending,
            skip: 0,
            limit: stretch.limit,
            now: stretch.now,
        };
        Ok(self.store.records(&query).await?)
    }

    fn lives<L: Line>(&self, line: &L) -> bool {
        let end = line.at().checked_add(L::LIFE);
        end.is_ok_and(|end| self.clock.now() < end)
    }
}

impl Coffer {
    /// Every line of a group that `wanted` takes, oldest first.
    pub(crate) async fn lines_of<L: Line>(
        &self,
        organization: OrgId,
        group: &str,
        wanted: impl Fn(&L) -> bool + Send + Sync,
    ) -> Result<Vec<Arc<L>>, Error> {
        let (mut lines, mut after) = (Vec::new(), None::<String>);
        loop {
            let stretch = Stretch {
                group,
                after: after.as_deref(),
                descending: false,
                limit: PAGE,
                now: self.clock.now(),
            };
            let found = self.stretch::<L>(organization, stretch).await?;
            let complete = found.len() < PAGE as usize;
            after = found.last().map(|record| record.head.key.clone());
            for record in found {
                let segment: Kept<Segment<L>> = read(record)?;
                lines.extend(segment.body.lines.into_iter().filter(|line| wanted(line)));
            }
            if complete {
                return Ok(lines);
            }
        }
    }

    /// A page of a group's lines, newest first, and how many there are in all.
    pub(crate) async fn newest_lines<L: Line>(
        &self,
        organization: OrgId,
        group: &str,
        (skip, limit): (u64, usize),
    ) -> Result<(Vec<Numbered<L>>, u64), Error> {
        let Some(newest) = self.newest::<L>(organization, group).await? else {
            return Ok((Vec::new(), 0));
        };
        let (begin, end) = (self.oldest_line::<L>(organization, group).await?, end(&newest)?);
        let Some(begin) = begin.filter(|begin| *begin < end) else {
            return Ok((Vec::new(), 0));
        };
        // The number after the next line wanted.
        let mut above = end.saturating_sub(skip);
        let mut page = Vec::new();
        while above > begin && page.len() < limit {
            let after = key(group, above);
            let stretch = Stretch {
                group,
                after: Some(&after),
                descending: true,
                limit: PAGE,
                now: self.clock.now(),
            };
            let found = self.stretch::<L>(organization, stretch).await?;
            if found.is_empty() {
                break;
            }
            for record in found {
                let first = number(&record.head.key)?;
                let segment: Kept<Segment<L>> = read(record)?;
                let numbered = (first..).zip(segment.body.lines);
                let wanted: Vec<_> = numbered
                    .filter(|(number, _)| (begin..above).contains(number))
                    .collect();
                let room = limit - page.len();
                let wanted = wanted.into_iter().rev().take(room);
                page.extend(wanted.map(|(number, line)| Numbered { number, line }));
                above = first.min(above);
            }
        }
        Ok((page, end - begin))
    }

    /// The number of the oldest line that lives.
    async fn oldest_line<L: Line>(&self, organization: OrgId, group: &str) -> Result<Option<u64>, Error> {
        let stretch = Stretch {
            group,
            after: None,
            descending: false,
            limit: 1,
            now: self.clock.now(),
        };
        let found = self.stretch::<L>(organization, stretch).await?;
        let Some(oldest) = found.into_iter().next() else {
            return Ok(None);
        };
        let oldest: Kept<Segment<L>> = read(oldest)?;
        let ended = oldest.body.lines.iter().take_while(|line| !self.lives(&***line));
        Ok(Some(number(&oldest.key)? + ended.count() as u64))
    }
}

/// The number of the line that comes after a segment.
fn end<L: Line>(segment: &Kept<Segment<L>>) -> Result<u64, Error> {
    Ok(number(&segment.key)? + segment.body.lines.len() as u64)
}

fn number(key: &str) -> Result<u64, Error> {
    first_line(key).ok_or_else(|| Error::Internal(format!("{key} is no segment's key")))
}

#[cfg(test)]
#[path = "segments_tests.rs"]
mod tests;
