//! Connections that only read. A read runs on the caller's own thread: a page that is cached costs
//! microseconds, and handing the work to another thread and back would cost more than the work.

use std::path::{Path, PathBuf};

use coffer_domain::store::StoreError;
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};

use super::{fault, open::configure_reader};

/// More than this many idle connections are closed: as many as reads ever ran at once, within reason.
const MOST_IDLE: usize = 32;

/// The pool. It grows to as many connections as reads run at the same time, which is the number of threads.
pub(super) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Of the database in `file`, which must exist.
    pub(super) fn new(file: &Path) -> rusqlite::Result<Self> {
        let first = connect(file)?;
        Ok(Self {
            file: file.to_owned(),
            idle: Mutex::new(vec![first]),
        })
    }

    /// Runs one read. Each statement sees one snapshot, with everything that was committed before it began.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.take().map_err(|error| fault::store(&error))?;
        let answer = query(&connection).map_err(|error| fault::store(&error));
        let mut idle = self.idle.lock();
        if idle.len() < MOST_IDLE {
            idle.push(connection);
        }
        answer
    }

    fn take(&self) -> rusqlite::Result<Connection> {
        let idle = self.idle.lock().pop();
        idle.map_or_else(|| connect(&self.file), Ok)
    }
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    configure_reader(&connection)?;
    Ok(connection)
}
