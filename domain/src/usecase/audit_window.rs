//! A window of the audit logs of several organizations as one, oldest first. Memory does not grow with the logs:
//! a page of each is held, and the window.

use std::collections::VecDeque;

use super::{Caller, Coffer, MAX_PAGE, access::Ask};
use crate::{
    Error,
    audit::{AuditEvent, AuditRecord, Outcome},
    id::OrgId,
    name::OrgName,
    rights::Permission,
    store::Store,
};

/// Which part of a list.
#[derive(Debug, Clone, Copy)]
pub struct AuditWindow {
    /// How many to leave out first.
    pub skip: u64,
    /// How many at most; up to [`MAX_PAGE`].
    pub limit: u32,
}

/// Whether an event is wanted.
pub type Meets<'a> = &'a (dyn Fn(&AuditEvent) -> bool + Send + Sync);

/// The events of a window with their numbers, and how many there are in all.
pub type Windowed = (Vec<(u64, AuditEvent)>, u64);

impl Coffer {
    /// The window of the events of these organizations that `meets` wants, by time. Takes the right to read the audit
    /// log of each. Without `meets` the window's pages are read and no others; with it, the logs are gone through.
    pub async fn audit_window(
        &self,
        caller: &Caller,
        organizations: &[OrgName],
        meets: Option<Meets<'_>>,
        window: AuditWindow,
    ) -> Result<Windowed, Error> {
        let mut lanes = Vec::with_capacity(organizations.len());
        for organization in organizations {
            lanes.push(Lane::of(self.may_read_audit(caller, organization).await?));
        }
        match meets {
            Some(meets) => self.those_that_meet(lanes, meets, window).await,
            None => self.all_of(lanes, window).await,
        }
    }

    async fn may_read_audit(&self, caller: &Caller, organization: &OrgName) -> Result<OrgId, Error> {
        let ask = Ask {
            permission: Permission::ReadAudit,
            action: "audit.read",
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let target = format!("coffer://{organization}");
        let event = self.event(caller, ask.action, target, Outcome::Allowed);
        self.store.record(tenant, event).await?;
        Ok(tenant)
    }

    async fn those_that_meet(
        &self,
        mut lanes: Vec<Lane>,
        meets: Meets<'_>,
        window: AuditWindow,
    ) -> Result<Windowed, Error> {
        let (mut events, mut met) = (Vec::new(), 0);
        while let Some(next) = next(&mut lanes, &*self.store).await? {
            if meets(&next.1) {
                met += 1;
                if met > window.skip && events.len() < window.limit as usize {
                    events.push(next);
                }
            }
        }
        Ok((events, met))
    }

    /// Numbers have no gaps, so the newest is how many there are, and a lone organization's window starts at its skip.
    async fn all_of(&self, mut lanes: Vec<Lane>, window: AuditWindow) -> Result<Windowed, Error> {
        let mut total = 0;
        for lane in &lanes {
            let newest = self.store.audit_before(lane.tenant, None, 1).await?;
            total += newest.first().map_or(0, |record| record.sequence);
        }
        let mut left = window.skip;
        if let [lone] = &mut lanes[..] {
            lone.after = std::mem::take(&mut left);
        }
        let mut events = Vec::new();
        while events.len() < window.limit as usize {
            let Some(next) = next(&mut lanes, &*self.store).await? else {
                break;
            };
            match left.checked_sub(1) {
                Some(fewer) => left = fewer,
                None => events.push(next),
            }
        }
        Ok((events, total))
    }
}

/// The log of one organization, as far as it is read.
struct Lane {
    tenant: OrgId,
    after: u64,
    ready: VecDeque<(u64, AuditEvent)>,
    done: bool,
}

impl Lane {
    fn of(tenant: OrgId) -> Self {
        Self {
            tenant,
            after: 0,
            ready: VecDeque::new(),
            done: false,
        }
    }

    async fn fill(&mut self, store: &dyn Store) -> Result<(), Error> {
        if self.done || !self.ready.is_empty() {
            return Ok(());
        }
        let records = store.audit(self.tenant, self.after, MAX_PAGE).await?;
        self.done = records.len() < MAX_PAGE as usize;
        self.after = records.last().map_or(self.after, |record| record.sequence);
        self.ready = records.iter().map(read).collect::<Result<_, _>>()?;
        Ok(())
    }
}

fn read(record: &AuditRecord) -> Result<(u64, AuditEvent), Error> {
    let number = record.sequence;
    let event = record
        .parse()
        .map_err(|_| Error::Internal(format!("audit record {number} is not an event; verify the chain")))?;
    Ok((number, event))
}

/// The oldest event that was not given yet.
async fn next(lanes: &mut [Lane], store: &dyn Store) -> Result<Option<(u64, AuditEvent)>, Error> {
    for lane in &mut *lanes {
        lane.fill(store).await?;
    }
    let at = |lane: &Lane| lane.ready.front().map(|(_, event)| event.at);
    let oldest = lanes
        .iter_mut()
        .filter(|lane| !lane.ready.is_empty())
        .min_by_key(|lane| at(lane));
    Ok(oldest.and_then(|lane| lane.ready.pop_front()))
}
