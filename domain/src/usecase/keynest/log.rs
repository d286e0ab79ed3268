//! The log that clients read: who did what to which number. The audit chain is the truth; this is its readable
//! shadow, written in the commit that it speaks of, and kept for a year.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Actor, KeyNest, Page, padded,
    records::Filed,
    session::Who,
    view::{Window, page_of},
};
use crate::{
    Error,
    id::OrgId,
    record::{Collection, Document, Kept, RecordQuery},
    rights::{Decision, Permission, Target, decide},
    store::Commit,
    usecase::{MAX_PAGE, documents::read},
};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// The newest rows of a source that are looked at.
const MOST_LOOKED_AT: usize = 10_000;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its number.
    pub number: u64,
    /// Who did it, if that is a user.
    pub user: Option<u64>,
    /// What they are called.
    pub user_name: String,
    /// Their address; empty for what is no user.
    pub user_email: String,
    /// What: `variable_created`.
    pub action: String,
    /// To what kind of thing: `variable`.
    pub target_type: String,
    /// To which.
    pub target: u64,
    /// Names and numbers; no values.
    pub details: Map<String, Value>,
    /// From where.
    pub address: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Document for Row {
    const COLLECTION: Collection = Collection::new("keynest.log");
    const NOUN: &'static str = "log";

    fn group(&self) -> String {
        self.user.map(padded).unwrap_or_default()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.at.checked_add(KEPT_FOR).ok()
    }
}

impl Filed for Row {}

/// What is looked for: rows that meet everything that is named.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// By this user.
    pub user: Option<u64>,
    /// Of this action, or of every one that a bare verb stands for.
    pub actions: Vec<String>,
    /// On this kind of thing.
    pub target_type: Option<String>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
}

impl LogFilter {
    fn meets(&self, row: &Row) -> bool {
        let action = |wanted: &String| *wanted == row.action || ends_in(&row.action, wanted);
        self.user.is_none_or(|user| row.user == Some(user))
            && (self.actions.is_empty() || self.actions.iter().any(action))
            && self.target_type.as_ref().is_none_or(|it| *it == row.target_type)
            && self.from.is_none_or(|from| from <= row.at)
            && self.before.is_none_or(|before| row.at < before)
    }
}

/// `variable_created` for `created`.
fn ends_in(action: &str, verb: &str) -> bool {
    action
        .strip_suffix(verb)
        .is_some_and(|start| start.ends_with('_'))
}

/// What was done, before it is known by whom.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) action: &'static str,
    pub(super) target_type: &'static str,
    pub(super) target: u64,
    pub(super) details: Value,
}

impl Done {
    pub(super) fn new(action: &'static str, target_type: &'static str, target: u64, details: Value) -> Self {
        Self {
            action,
            target_type,
            target,
            details,
        }
    }
}

/// Who did it, as rows name them.
#[derive(Debug, Clone)]
pub(super) struct Doer {
    pub(super) user: Option<u64>,
    pub(super) name: String,
    pub(super) email: String,
}

impl KeyNest {
    /// Who the actor is, as rows and `created_by` name them.
    pub(super) async fn doer(&self, actor: &Actor) -> Result<Doer, Error> {
        match &actor.who {
            Who::User(signed) => {
                let user = self.user(signed.user).await?;
                Ok(user.body.doer())
            }
            Who::Native => Ok(Doer {
                user: None,
                name: actor.caller.principal.describe(),
                email: String::new(),
            }),
        }
    }

    /// Adds to a commit the row of what it does.
    pub(super) async fn note(&self, commit: &mut Commit, doer: &Doer, done: &Done) -> Result<(), Error> {
        let number = self.next_number::<Row>().await?;
        let details = match &done.details {
            Value::Object(details) => details.clone(),
            _ => Map::new(),
        };
        let row = Row {
            number,
            user: doer.user,
            user_name: doer.name.clone(),
            user_email: doer.email.clone(),
            action: done.action.to_owned(),
            target_type: done.target_type.to_owned(),
            target: done.target,
            details,
            address: commit.audit.address.clone(),
            at: commit.audit.at,
        };
        let key = padded(number);
        let draft = self.coffer.draft(commit.organization, &key, None, row, None)?;
        commit.preconditions.push(draft.precondition);
        commit.writes.push(draft.write);
        Ok(())
    }

    /// A commit with nothing in it but the row: for what changed something of another tenant's, or nothing.
    pub(super) async fn note_alone(
        &self,
        actor: &Actor,
        organization: OrgId,
        doer: &Doer,
        done: &Done,
    ) -> Result<(), Error> {
        let target = format!("{}:{}", done.target_type, done.target);
        let mut commit = self.commit(&actor.caller, organization, "log.note", target);
        self.note(&mut commit, doer, done).await?;
        // Its number is fresh: nothing can stand in the way.
        self.coffer.try_commit(commit).await.map(drop)
    }

    /// The rows of organizations whose log the actor may read, and the actor's own, newest first.
    pub async fn log(&self, actor: &Actor, filter: &LogFilter, window: Window) -> Result<Page<Row>, Error> {
        let mut rows: Vec<Row> = Vec::new();
        for (organization, own) in self.log_sources(actor).await? {
            rows.extend(self.rows(organization, own.as_deref(), filter).await?);
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.number));
        rows.dedup_by_key(|row| row.number);
        let home = self.home().await?;
        let event = self.coffer.event(
            &actor.caller,
            "log.read",
            "log".to_owned(),
            crate::audit::Outcome::Allowed,
        );
        self.coffer.store.record(home, event).await?;
        Ok(page_of(rows, window))
    }

    /// Where rows are that the actor may see; with a group: only those.
    async fn log_sources(&self, actor: &Actor) -> Result<Vec<(OrgId, Option<String>)>, Error> {
        let own = actor.user().map(padded);
        let mut sources = Vec::new();
        if own.is_some() {
            sources.push((self.home().await?, own.clone()));
        }
        let known: Vec<OrgId> = match &actor.who {
            Who::User(signed) => signed.parts.iter().map(|part| part.id).collect(),
            Who::Native => {
                let found = self.organizations_of(actor).await?;
                found.into_iter().map(|found| found.body.id).collect()
            }
        };
        for id in known {
            let target = Target {
                organization: id,
                vault: None,
                environment: None,
                name: None,
            };
            let all = decide(&actor.caller.principal, Permission::ReadAudit, &target, None);
            match (all, &own) {
                (Decision::Allow, _) => sources.push((id, None)),
                (Decision::Forbid | Decision::Hide, Some(own)) => sources.push((id, Some(own.clone()))),
                (Decision::Forbid | Decision::Hide, None) => {}
            }
        }
        Ok(sources)
    }

    async fn rows(
        &self,
        organization: OrgId,
        group: Option<&str>,
        filter: &LogFilter,
    ) -> Result<Vec<Row>, Error> {
        let (mut met, mut looked_at, mut after) = (Vec::new(), 0, None::<String>);
        while looked_at < MOST_LOOKED_AT {
            let query = RecordQuery {
                organization,
                collection: Row::COLLECTION,
                group,
                after: after.as_deref(),
                descending: true,
                skip: 0,
                limit: MAX_PAGE,
                now: self.coffer.clock.now(),
            };
            let found = self.coffer.store.records(&query).await?;
            looked_at += found.len();
            let last = found.len() < MAX_PAGE as usize;
            after = found.last().map(|record| record.head.key.clone());
            for record in found {
                let Kept { body, .. } = read::<Row>(record)?;
                let over = filter.from.is_some_and(|from| body.at < from);
                if filter.meets(&body) {
                    met.push(body);
                } else if over {
                    return Ok(met);
                }
            }
            if last {
                break;
            }
        }
        Ok(met)
    }
}
