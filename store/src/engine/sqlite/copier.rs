//! Copies the log into the database beside the writer, which goes on meanwhile. Nobody waits for it, unless the log
//! grows faster than it is copied.
//!
//! A copy that is overtaken by the writer is not flushed by SQLite, which flushes the database only once it has the
//! whole log: here it is, so that little is left to the copy that the writer makes of the rest.

use std::{
    fs::File,
    io,
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle},
};

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use thiserror::Error;

use super::{OpenSqliteError, log::frames, open::keep_log};

/// With how few frames left it is not worth another round.
const FEW_FRAMES: i64 = 500;

/// How often what the writer has added meanwhile is copied too before the rest is left to it.
const ROUNDS: usize = 4;

/// Why the log was not copied.
#[derive(Debug, Error)]
pub(super) enum CopyError {
    /// SQLite refused. What was copied in this attempt counts as not copied.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// What was copied counts as copied, and may not be on the disk.
    #[error("the database could not be flushed: {0}")]
    Flush(io::Error),
}

type Shared = (Mutex<State>, Condvar);
type Outcome = Result<(), CopyError>;

/// The thread that copies.
pub(super) struct Copier {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum State {
    Idle,
    Copying,
    Done(Outcome),
    End,
}

impl Copier {
    /// Of the database in `file`, which is open.
    pub(super) fn start(file: &Path) -> Result<Self, OpenSqliteError> {
        let io = |source| OpenSqliteError::Io {
            path: file.to_owned(),
            source,
        };
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        keep_log(&connection)?;
        // Stays open as long as the connection: to close a file ends all locks that the process has on it.
        let flushed = File::open(file).map_err(io)?;
        let shared = Arc::new((Mutex::new(State::Idle), Condvar::new()));
        let ending = Ending(Arc::clone(&shared));
        let run = move || copy_whenever_asked(&ending.0, &connection, &flushed);
        let thread = thread::Builder::new().name("coffer-copier".to_owned());
        let thread = Some(thread.spawn(run).map_err(io)?);
        Ok(Self { shared, thread })
    }

    /// Has the log copied, unless it is being copied.
    pub(super) fn ask(&self) {
        let (state, changed) = &*self.shared;
        let mut state = state.lock();
        if matches!(*state, State::Idle) {
            *state = State::Copying;
            changed.notify_all();
        }
    }

    /// What came of it, once after each.
    pub(super) fn finished(&self) -> Option<Outcome> {
        let mut state = self.shared.0.lock();
        match std::mem::replace(&mut *state, State::Idle) {
            State::Done(outcome) => Some(outcome),
            other => {
                *state = other;
                None
            }
        }
    }

    /// The same; if it is being copied, waits until it is done.
    pub(super) fn wait(&self) -> Option<Outcome> {
        self.linger();
        self.finished()
    }

    /// Waits while it is being copied.
    pub(super) fn linger(&self) {
        let (state, changed) = &*self.shared;
        changed.wait_while(&mut state.lock(), |state| matches!(state, State::Copying));
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        let (state, changed) = &*self.shared;
        let mut held = state.lock();
        changed.wait_while(&mut held, |state| matches!(state, State::Copying));
        *held = State::End;
        drop(held);
        changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that copies the store's log ended in a panic");
        }
    }
}

/// Nobody waits for a thread that is gone, even by a panic.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        *self.0.0.lock() = State::End;
        self.0.1.notify_all();
    }
}

fn copy_whenever_asked((state, changed): &Shared, db: &Connection, file: &File) {
    let mut held = state.lock();
    loop {
        changed.wait_while(&mut held, |state| !matches!(state, State::Copying | State::End));
        if matches!(*held, State::End) {
            return;
        }
        let outcome = parking_lot::MutexGuard::unlocked(&mut held, || copy(db, file));
        *held = State::Done(outcome);
        changed.notify_all();
    }
}

/// Copies until little is left, as far as readers let it.
fn copy(db: &Connection, file: &File) -> Outcome {
    for _ in 0..ROUNDS {
        db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        file.sync_data().map_err(CopyError::Flush)?;
        // That answered with the log as it was when it began.
        let left = db.query_row("PRAGMA wal_checkpoint(NOOP)", [], frames)?.left();
        if left <= FEW_FRAMES {
            break;
        }
    }
    Ok(())
}
