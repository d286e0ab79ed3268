//! What the writer is asked for.

use coffer_domain::{
    entity::Usage,
    id::{ApiKeyId, OrgId},
    store::{CommitError, StoreError},
};
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::engine::{Root, SealedCommit, SealedWrite, VaultKey};

/// One task, all of which happens or nothing.
pub(super) enum Task {
    /// A commit.
    Commit(SealedCommit),
    /// An audit record by itself, to be on disk before it is answered.
    Record { organization: OrgId, event: Vec<u8> },
    /// Nothing but what the journal holds: it is in the table when this is answered.
    Settle,
    /// The root.
    Root(Root),
    /// Rewrapped keys.
    Keys(Vec<VaultKey>),
    /// Adds to how often keys were used.
    Usage(Vec<(ApiKeyId, Usage)>),
    /// Deletes records that expired by then, at most so many.
    Sweep(Timestamp, u32),
    /// Deletes changes from before then, at most so many.
    Trim(Timestamp, u32),
}

impl Task {
    /// Whether it must be on disk before it is answered.
    pub(super) fn durable(&self) -> bool {
        !matches!(
            self,
            Self::Settle | Self::Sweep(..) | Self::Trim(..) | Self::Usage(_)
        )
    }

    /// Whether it may change who may do what.
    pub(super) fn touches_rights(&self) -> bool {
        self.writes().iter().any(SealedWrite::touches_rights)
    }

    /// Whether bytes must be gone from the files afterwards.
    pub(super) fn erases(&self) -> bool {
        match self {
            Self::Commit(commit) => commit.writes.iter().any(SealedWrite::erases),
            // The same keys under the old root key are what a rewrap is to get rid of.
            Self::Keys(_) | Self::Root(_) => true,
            Self::Record { .. } | Self::Settle | Self::Sweep(..) | Self::Trim(..) | Self::Usage(_) => false,
        }
    }

    /// The rows it writes.
    pub(super) fn writes(&self) -> &[SealedWrite] {
        match self {
            Self::Commit(commit) => &commit.writes,
            _ => &[],
        }
    }
}

/// A task with whom to answer.
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) reply: oneshot::Sender<Result<(), CommitError>>,
}

impl Job {
    /// Of `task`, with where its answer comes.
    pub(super) fn new(task: Task) -> (Self, oneshot::Receiver<Result<(), CommitError>>) {
        let (reply, answer) = oneshot::channel();
        (Self { task, reply }, answer)
    }

    /// Answers; nobody may be listening any more.
    pub(super) fn answer(self, answer: Result<(), CommitError>) {
        drop(self.reply.send(answer));
    }
}

/// For tasks that have no preconditions.
pub(super) fn without_preconditions(error: CommitError) -> StoreError {
    match error {
        CommitError::Precondition => StoreError::Broken("a row is not as the store left it".to_owned()),
        CommitError::Store(error) => error,
    }
}
